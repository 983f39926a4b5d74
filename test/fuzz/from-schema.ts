import fc from 'fast-check';

/** The part of JSON Schema that our document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  pattern?: string;
  format?: string;
  minItems?: number;
  maxItems?: number;
}

export type Resolve = (ref: string) => Schema;

const LONGEST = 60;

/** Texts that have broken something somewhere: controls, halves of characters, what SQL, HTML, shells and paths mean something by. */
export const NASTY = [
  '',
  ' ',
  '\u0000',
  '\uD800',
  '\u202Eevil',
  'é'.repeat(300),
  '😀'.repeat(50),
  "'; DROP TABLE users; --",
  '" OR ""="',
  '$1::text',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '%00%0d%0aSet-Cookie: x=y',
  '\r\nx-injected: 1',
  'null',
  'NaN',
  '-0',
  '1e999',
  '9007199254740993',
  '__proto__',
  'constructor',
  'x'.repeat(5_000),
  '2026-02-30T25:61:61Z',
  '0001-01-01T00:00:00.000000Z',
];

/** Anything that fits a schema, more or less: formats and patterns are left to chance and to the API to refuse. */
export function fitting(schema: Schema, resolve: Resolve, depth = 0): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return fitting(resolve(schema.$ref), resolve, depth + 1);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return fc.oneof(...either.map((one) => fitting(one, resolve, depth + 1)));
  if (schema.allOf) {
    return fc
      .tuple(...schema.allOf.map((one) => fitting(one, resolve, depth + 1)))
      .map((parts) => Object.assign({}, ...parts));
  }
  const types = [schema.type ?? 'object'].flat();
  return fc.oneof(...types.map((type) => ofType(type, schema, resolve, depth)));
}

function ofType(type: string, schema: Schema, resolve: Resolve, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return numbers(schema, type === 'integer');
    case 'string':
      return texts(schema);
    case 'array':
      return fc.array(fitting(schema.items ?? {}, resolve, depth + 1), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    default:
      return objects(schema, resolve, depth);
  }
}

function numbers({ minimum, exclusiveMinimum, maximum }: Schema, whole: boolean): fc.Arbitrary<number> {
  const min = Math.max(minimum ?? exclusiveMinimum ?? -1_000, -1e9);
  const max = Math.min(maximum ?? 1_000, 1e9);
  return whole ? fc.integer({ min: Math.ceil(min), max }) : fc.double({ min, max, noNaN: true });
}

const texts = ({ minLength = 0, maxLength = LONGEST }: Schema): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(maxLength, LONGEST)) });

function objects(schema: Schema, resolve: Resolve, depth: number): fc.Arbitrary<object> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const known = Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, fitting(inner, resolve, depth + 1)]),
  );
  const record = fc.record(known, { requiredKeys: required.filter((name) => Object.hasOwn(known, name)) });
  if (typeof additionalProperties !== 'object') return record;
  const more = fc.dictionary(
    fc.string({ maxLength: 20 }),
    fitting(additionalProperties, resolve, depth + 1),
    {
      maxKeys: 3,
    },
  );
  return fc.tuple(record, more).map(([fixed, free]) => ({ ...free, ...fixed }));
}

/** What no schema means: other types, nasty texts, and JSON nested or wide beyond reason. */
const misfit: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...NASTY),
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(null, true, -1, 0.5, 1e308, Number.MAX_SAFE_INTEGER, [], {}, [[]], [null]),
  fc.integer({ min: 10, max: 200 }).map((depth) => nested(depth)),
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { a: value };
  return value;
}

/** A value with one of its parts replaced, taken away, doubled or added. */
export function broken(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(value, misfit, fc.nat(), fc.constantFrom('replace', 'remove', 'add'))
    .map(([whole, odd, at, how]) => {
      if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return odd;
      const entries = Object.entries(whole);
      const place = entries.length ? at % entries.length : 0;
      if (how === 'add' || entries.length === 0) return { ...whole, [String(odd).slice(0, 30) || 'x']: odd };
      if (how === 'remove') return Object.fromEntries(entries.filter((_, n) => n !== place));
      return Object.fromEntries(entries.map(([name, inner], n) => [name, n === place ? odd : inner]));
    });
}
