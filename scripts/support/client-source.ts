import { type Document, operationsOf } from '../../src/http/document.ts';
import { docOf, keyOf, type Schema, typeOf } from './client-types.ts';

type Operation = ReturnType<typeof operationsOf>[number];

/** What people look at, and streams, which the client follows in its own way. */
const READABLE = ['application/json', 'text/x-diff'];

/** The module `client/src/generated.ts`: the types of the contract and a table of its operations. */
export function clientSource(document: Document): string {
  const schemas = Object.entries(document.components?.schemas ?? {}).map(
    ([name, schema]) => `${docOf(schema)}export type ${name} = ${typeOf(schema)};\n`,
  );
  const operations = operationsOf(document).flatMap((operation) => {
    const answer = answerOf(operation);
    return answer === undefined ? [] : [{ ...operation, answer }];
  });
  const types = operations.map(
    ({ operation, answer, ...rest }) =>
      `  /** ${operation.summary} */\n  ${operation.operationId}: {\n    input: ${inputOf({ operation, ...rest })};\n    answer: ${answer};\n  };\n`,
  );
  const table = operations.map(({ method, path, operation: { operationId, security } }) => {
    const needsToken = (security ?? []).length > 0;
    return `  ${operationId}: { method: '${method.toUpperCase()}', path: '${path}', needsToken: ${needsToken} },\n`;
  });
  return [
    '// Written by `npm run generate` from the contract. Changes made here are lost.\n',
    ...schemas,
    `/** What each operation takes and gives. */\nexport interface Operations {\n${types.join('')}}\n`,
    `export const OPERATIONS: Readonly<\n  Record<keyof Operations, { method: string; path: string; needsToken: boolean }>\n> = {\n${table.join('')}};\n`,
  ].join('\n');
}

/** The union of what a good request is answered with; undefined for what no program reads. */
function answerOf({ operation }: Operation): string | undefined {
  const good = Object.entries<Answer>(operation.responses ?? {}).filter(([status]) => /^2/.test(status));
  const kinds = good.flatMap(([, { content }]) => {
    if (content === undefined) return ['undefined'];
    const readable = Object.entries(content).filter(([mediaType]) => READABLE.includes(mediaType));
    return readable.map(([, { schema }]) => (schema ? typeOf(schema, 2) : 'unknown'));
  });
  const types = [...new Set(kinds)];
  return types.some((type) => type !== 'undefined') || (types.length > 0 && good.length === 1)
    ? types.join(' | ')
    : undefined;
}

interface Answer {
  content?: Record<string, { schema?: Schema }>;
}

/** What a caller gives. The headers are the client's own business. */
function inputOf({ operation: { parameters = [], requestBody } }: Operation): string {
  const places = new Map<string, string[]>();
  const needed = new Set<string>();
  for (const parameter of parameters) {
    if (!('name' in parameter) || !parameter.schema || parameter.in === 'header') continue;
    const { name, required = false, schema, description } = parameter;
    if (required) needed.add(parameter.in);
    const doc = description === undefined ? docOf(schema, '        ') : `        /** ${description} */\n`;
    const field = `${doc}        ${keyOf(name)}${required ? '' : '?'}: ${typeOf(schema, 4)};\n`;
    places.set(parameter.in, [...(places.get(parameter.in) ?? []), field]);
  }
  const parts = Array.from(
    places,
    ([place, fields]) => `      ${place}${needed.has(place) ? '' : '?'}: {\n${fields.join('')}      };\n`,
  );
  const body =
    requestBody && 'content' in requestBody ? requestBody.content['application/json']?.schema : undefined;
  if (body) parts.push(`      body: ${typeOf(body, 3)};\n`);
  return parts.length === 0 ? 'Record<never, never>' : `{\n${parts.join('')}    }`;
}
