import { html } from 'hono/html';
import type { operationsOf } from '../document.ts';
import { fold, join, type Markup, prose } from './markup.ts';
import { fieldsOf, limitsOf, typeOf } from './schema.ts';

export type Operation = ReturnType<typeof operationsOf>[number];

/** One operation: what it is for, what it takes, and everything it can answer, with examples. */
export function operationSection({ path, method, operation }: Operation): Markup {
  const { operationId = '', summary = '', description, security, requestBody } = operation;
  const body = requestBody && 'content' in requestBody ? requestBody.content['application/json'] : undefined;
  return html`<section>
<h2 id="${operationId}">${prose(summary)}</h2>
<p class="call">${method.toUpperCase()} ${path}</p>
${description ? html`<p>${prose(description)}</p>` : ''}
<p>${security?.length ? 'Needs an access token.' : 'Open to all.'} In generated clients: <code>${operationId}</code>.</p>
${parameters(operation)}
${body?.schema ? html`<h3>Body: ${typeOf(body.schema)}</h3>${fieldsOf(body.schema)}` : ''}
${body?.example === undefined ? '' : fold('Example', body.example)}
<h3>Answers</h3>
<dl>${Object.entries(operation.responses ?? {}).map(([status, answer]) => answerEntry(status, answer))}</dl>
</section>`;
}

function parameters({ parameters: given = [] }: Operation['operation']): Markup {
  const rows = given.flatMap((parameter) => {
    if (!('name' in parameter) || !parameter.schema) return [];
    const { name, required, schema, description } = parameter;
    const said = description ?? ('description' in schema ? schema.description : undefined);
    return [
      html`<li><code>${name}</code> <span class="type">in the ${parameter.in}, ${typeOf(schema)}${required ? '' : ' (optional)'}</span>${said ? html` – ${prose(said)}` : ''}${limitsOf(schema)}</li>`,
    ];
  });
  return rows.length === 0 ? html`` : html`<h3>Parameters</h3><ul class="fields">${rows}</ul>`;
}

interface Answer {
  description?: string;
  content?: Record<string, MediaType>;
}
type MediaType = NonNullable<
  Extract<Operation['operation']['requestBody'], { content: unknown }>
>['content'][string];

function answerEntry(status: string, { description = '', content = {} }: Answer): Markup {
  const problem = content['application/problem+json'];
  if (problem) {
    const links = Object.keys(problem.examples ?? {}).map(
      (code) => html`<a href="/docs/errors#${code}">${code}</a>`,
    );
    return html`<dt><strong>${status}</strong> ${join(links, ', ')}</dt>`;
  }
  const bodies = Object.entries(content).map(([mediaType, { schema, example, examples }]) => {
    const shown = Object.entries(examples ?? {}).flatMap(([name, one]) =>
      'value' in one ? [fold(name, one.value)] : [],
    );
    return html`<dd><code>${mediaType}</code> ${schema ? typeOf(schema) : ''}${schema ? fieldsOf(schema) : ''}${example === undefined ? '' : fold('Example', example)}${shown}</dd>`;
  });
  return html`<dt><strong>${status}</strong> ${prose(description)}</dt>${bodies}`;
}
