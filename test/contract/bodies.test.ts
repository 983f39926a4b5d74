import { expect, it } from 'vitest';
import { operationsOf } from '../../src/http/document.ts';
import type { Schema } from '../fuzz/from-schema.ts';
import { bareDocument } from './bare-app.ts';

const document = bareDocument();
const schemas: Record<string, Schema> = JSON.parse(JSON.stringify(document.components?.schemas ?? {}));

/** Objects of a schema that name their fields and let others in, by where they stand. What has no names is anybody's JSON, or a list by name. */
function openObjects(schema: Schema, at: string, seen: readonly string[] = []): string[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return seen.includes(name) ? [] : openObjects(schemas[name] ?? {}, name, [...seen, name]);
  }
  const { properties, additionalProperties: more, items } = schema;
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [
    ...(properties !== undefined && more !== false ? [at] : []),
    ...Object.entries(properties ?? {}).flatMap(([name, inner]) => openObjects(inner, `${at}.${name}`, seen)),
    ...[...parts, ...(items ? [items] : []), ...(typeof more === 'object' ? [more] : [])].flatMap((part) =>
      openObjects(part, at, seen),
    ),
  ];
}

const bodies = operationsOf(document).flatMap(({ operation }) => {
  const { requestBody } = JSON.parse(JSON.stringify(operation));
  const schema: Schema | undefined = requestBody?.content?.['application/json']?.schema;
  return schema ? [[operation.operationId ?? '', schema] as const] : [];
});

it('lets no field into a body that it does not name, however deep', () => {
  expect(bodies.length).toBeGreaterThan(30);
  expect(bodies.flatMap(([name, schema]) => openObjects(schema, name))).toEqual([]);
});

it('finds an object that is open, however deep it is', () => {
  const inner = { type: 'object', properties: { a: { type: 'string' } } };
  const closed = {
    type: 'object',
    properties: { list: { type: 'array', items: inner } },
    additionalProperties: false,
  };
  expect(openObjects({ anyOf: [closed] }, 'body')).toEqual(['body.list']);
});
