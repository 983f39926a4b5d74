import { html } from 'hono/html';
import type { Document } from '../document.ts';
import { code, join, type Markup, prose } from './markup.ts';

type Schemas = NonNullable<NonNullable<Document['components']>['schemas']>;
export type Schema = Schemas[string];

/** A type in a few words, with a link where it has a name. */
export function typeOf(schema: Schema): Markup {
  if ('$ref' in schema && typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return html`<a href="/docs/schemas#${name}">${name}</a>`;
  }
  if (!isInline(schema)) return html`anything`;
  const { enum: values, oneOf, anyOf, items, additionalProperties, format } = schema;
  const options = oneOf ?? anyOf;
  if (values)
    return join(
      values.map((value) => code(JSON.stringify(value))),
      ' | ',
    );
  if (options) return join(options.map(typeOf), ' | ');
  const types = [schema.type ?? 'anything'].flat();
  const named = types.map((type) => {
    if (type === 'array' && items) return html`list of ${typeOf(items)}`;
    if (type === 'object' && typeof additionalProperties === 'object') {
      return html`object of ${typeOf(additionalProperties)} by name`;
    }
    return html`${format ? `${type} (${format})` : type}`;
  });
  return join(named, ' or ');
}

const LIMITS = [
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'minLength',
  'maxLength',
  'maxItems',
  'pattern',
  'default',
] as const;

/** What a value must keep to, as far as a schema says. */
export function limitsOf(schema: Schema): Markup {
  if (!isInline(schema)) return html``;
  const said = LIMITS.flatMap((name) =>
    schema[name] === undefined ? [] : [code(`${name}: ${schema[name]}`)],
  );
  return said.length === 0 ? html`` : html` <span class="limits">${join(said, ' ')}</span>`;
}

/** The fields of an object, and of the objects in it. */
export function fieldsOf(schema: Schema): Markup {
  if (!isInline(schema)) return html``;
  const inner = schema.properties ? schema : objectIn(schema);
  if (!inner?.properties) return html``;
  const rows = Object.entries(inner.properties).map(([name, field]) => {
    const optional = inner.required?.includes(name) ? '' : ' (optional)';
    const description = isInline(field) && field.description ? html` – ${prose(field.description)}` : '';
    return html`<li><code>${name}</code> <span class="type">${typeOf(field)}${optional}</span>${description}${limitsOf(field)}${fieldsOf(field)}</li>`;
  });
  return html`<ul class="fields">${rows}</ul>`;
}

/** The object that a list or a choice without a name is about. */
function objectIn(
  schema: Extract<Schema, { type?: unknown }>,
): Extract<Schema, { type?: unknown }> | undefined {
  const inside = [schema.items, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return inside.filter((option) => option !== undefined).find(isInline);
}

const isInline = (schema: Schema): schema is Extract<Schema, { type?: unknown }> => !('$ref' in schema);
