import type { Document } from '../../src/http/document.ts';

type Schemas = NonNullable<NonNullable<Document['components']>['schemas']>;
export type Schema = Schemas[string];
type Inline = Exclude<Schema, { $ref: string }>;

const INDENT = '  ';

/** A JSON schema as a TypeScript type: as much of JSON schema as our document has. */
export function typeOf(schema: Schema, depth = 0): string {
  if (isNamed(schema)) return schema.$ref.split('/').at(-1) ?? 'unknown';
  const { enum: values, oneOf, anyOf, allOf } = schema;
  if (values) return values.map((value) => JSON.stringify(value)).join(' | ');
  const options = oneOf ?? anyOf;
  if (options) return options.map((option) => typeOf(option, depth)).join(' | ');
  if (allOf) return allOf.map((part) => typeOf(part, depth)).join(' & ');
  return (
    [schema.type ?? []]
      .flat()
      .map((type) => plainType(type, schema, depth))
      .join(' | ') || 'unknown'
  );
}

function plainType(type: string, schema: Inline, depth: number): string {
  switch (type) {
    case 'array':
      return `Array<${schema.items ? typeOf(schema.items, depth) : 'unknown'}>`;
    case 'object':
      return objectType(schema, depth);
    case 'integer':
      return 'number';
    default:
      return type;
  }
}

function objectType({ properties, required, additionalProperties }: Inline, depth: number): string {
  if (!properties || Object.keys(properties).length === 0) {
    return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties, depth) : 'unknown'}>`;
  }
  const inner = INDENT.repeat(depth + 1);
  const fields = Object.entries(properties).map(([name, field]) => {
    const mark = required?.includes(name) ? '' : '?';
    return `${docOf(field, inner)}${inner}${keyOf(name)}${mark}: ${typeOf(field, depth + 1)};\n`;
  });
  return `{\n${fields.join('')}${INDENT.repeat(depth)}}`;
}

/** A comment of what a schema says of itself. */
export function docOf(schema: Schema, indent = ''): string {
  const said = isNamed(schema) ? undefined : schema.description;
  return said === undefined ? '' : `${indent}/** ${said.replaceAll('*/', '*\\/')} */\n`;
}

export const keyOf = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);

const isNamed = (schema: Schema): schema is Extract<Schema, { $ref: string }> => '$ref' in schema;
