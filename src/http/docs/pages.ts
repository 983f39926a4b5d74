import { html } from 'hono/html';
import { type Document, operationsOf } from '../document.ts';
import { isErrorCode, PROBLEMS } from '../errors.ts';
import { EXAMPLES } from '../examples.ts';
import { TAGS, type Tag } from '../tags.ts';
import { ADVICE } from './advice.ts';
import { layout } from './layout.ts';
import { fold, type Markup, prose } from './markup.ts';
import { operationSection } from './operation.ts';
import { fieldsOf, typeOf } from './schema.ts';

/** Every operation by its heading. */
export function indexPage(document: Document): Markup {
  const operations = operationsOf(document);
  const headings = Object.entries(TAGS).map(([tag, said]) => {
    const links = operations
      .filter(({ operation }) => operation.tags?.includes(tag))
      .map(
        ({ path, method, operation: { operationId, summary = '' } }) =>
          html`<li><a href="/docs/${tag}#${operationId}">${prose(summary)}</a><br><span class="call">${method.toUpperCase()} ${path}</span></li>`,
      );
    return html`<section><h2><a href="/docs/${tag}">${tag}</a></h2><p>${said}</p><ul>${links}</ul></section>`;
  });
  const paragraphs = (document.info.description ?? '')
    .split('\n\n')
    .map((text) => html`<p>${prose(text)}</p>`);
  return layout('The API', html`${paragraphs}${headings}`);
}

/** A heading: all there is to know of its operations. */
export function tagPage(document: Document, tag: Tag): Markup {
  const sections = operationsOf(document)
    .filter(({ operation }) => operation.tags?.includes(tag))
    .map(operationSection);
  return layout(tag, html`<p>${TAGS[tag]}</p>${sections}`);
}

export function schemasPage({ components }: Document): Markup {
  const sections = Object.entries(components?.schemas ?? {}).map(([name, schema]) => {
    const said =
      'description' in schema && schema.description ? html`<p>${prose(schema.description)}</p>` : '';
    const fields = 'properties' in schema ? fieldsOf(schema) : html`<p>${typeOf(schema)}</p>`;
    return html`<section><h2 id="${name}">${name}</h2>${said}${fields}</section>`;
  });
  return layout('Schemas', html`${sections}`);
}

/** Every code that a client may meet, in the order of their statuses. */
export function errorsPage(): Markup {
  const codes = Object.keys(PROBLEMS).filter(isErrorCode);
  const entries = codes
    .toSorted((a, b) => PROBLEMS[a].status - PROBLEMS[b].status)
    .map((code) => {
      const { status, title } = PROBLEMS[code];
      const example = EXAMPLES.problems[code];
      return html`<section><h2 id="${code}"><code>${code}</code> (${status})</h2><p><strong>${title}.</strong> ${prose(ADVICE[code])}</p>${example === undefined ? '' : fold('Example', example)}</section>`;
    });
  return layout(
    'Errors',
    html`<p>Every failed request is answered with problem json (RFC 9457). Decide by <code>code</code>: it is stable, titles and details are not. <code>requestId</code> finds the request in our log.</p>${entries}`,
  );
}
