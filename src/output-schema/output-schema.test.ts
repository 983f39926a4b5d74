import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { schemaProblems } from './schema-problems.ts';
import { valueProblems } from './value-problems.ts';

const told = (schema: Record<string, unknown>) =>
  schemaProblems(schema).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('a schema that somebody gives', () => {
  it('is taken when every keyword of it is known and holds', () => {
    expect(
      told({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { tree: { $ref: '#/$defs/node' }, 'x-y': true },
        required: ['tree'],
        additionalProperties: false,
        $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
        'x-order': ['tree'],
      }),
    ).toEqual([]);
  });

  it.each([
    [{ type: 'text' }, 'type: expected one of'],
    [{ properties: { a: { type: ['string', 'nil'] } } }, 'properties.a.type: expected one of'],
    [{ properties: { a: 'string' } }, 'properties.a: expected a schema'],
    [{ propertes: {} }, 'propertes: not a keyword'],
    [{ if: {} }, 'if: not a keyword'],
    [{ items: { pattern: '(' } }, 'items.pattern: the pattern'],
    [{ pattern: '(a)\\1' }, 'pattern: the pattern has a back-reference'],
    [{ anyOf: [] }, 'anyOf: expected a list of schemas'],
    [{ oneOf: [true, 3] }, 'oneOf.1: expected a schema'],
    [{ $ref: 'https://example.com/schema' }, '$ref: expected "#"'],
    [{ $ref: '#/$defs/none', $defs: {} }, '$ref: expected "#"'],
    [{ required: 'a' }, 'required: expected a list'],
    [{ minLength: -1 }, 'minLength: expected a whole number'],
    [{ multipleOf: 0 }, 'multipleOf: expected a number above 0'],
    [{ $schema: 'http://json-schema.org/draft-04/schema#' }, '$schema: expected draft'],
    [{ $ref: '#' }, ': a $ref leads back to itself'],
    [{ $ref: '#/$defs/a', $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } } }, ': a $ref leads back'],
    [{ description: 'x'.repeat(16_000) }, ': longer than 16000 bytes'],
    [{ default: JSON.parse(`${'['.repeat(21)}${']'.repeat(21)}`) }, ': nested more than 20'],
    [{ title: '\ud800' }, ': nested more than 20 levels deep, or not well-formed'],
  ])('is refused with the place of what is wrong: %j', (schema, problem) => {
    expect(told(schema)[0]).toContain(problem);
  });
});

describe('a value', () => {
  const schema = {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1, pattern: '^[a-z]+$' },
      parts: {
        type: 'array',
        items: { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] },
      },
      kind: { enum: ['a', 'b'] },
      either: { oneOf: [{ type: 'string' }, { type: 'number', multipleOf: 0.1 }] },
    },
    required: ['name'],
    additionalProperties: false,
  };

  it('that fits has no problem', () => {
    expect(valueProblems(schema, { name: 'x', parts: [{ n: 1 }], kind: 'b', either: 0.3 })).toEqual([]);
  });

  it('that does not has each problem named by its place', () => {
    expect(
      valueProblems(schema, { parts: [{ n: 1 }, { n: 0.5 }, {}], kind: 'c', either: true, extra: 1 }),
    ).toEqual([
      'name: is missing',
      'parts[1].n: expected integer, got number',
      'parts[2].n: is missing',
      'kind: expected one of "a", "b"',
      'either: fits none of its alternatives (either: expected string, got boolean; or either: expected number, got boolean)',
      'extra: may not be there',
    ]);
    expect(valueProblems(schema, [])).toEqual(['expected object, got array']);
  });

  it('is held against the same keywords as by zod', () => {
    const leaf = fc.constantFrom(
      { type: 'string', minLength: 2 },
      { type: 'integer', minimum: 0, maximum: 3 },
      { type: 'number', exclusiveMinimum: 0 },
      { type: 'boolean' },
      { type: 'null' },
      { enum: ['a', 1] },
      { const: 'x' },
    );
    const { schemas } = fc.letrec<{ schemas: Record<string, unknown> }>((tie) => ({
      schemas: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.record({ type: fc.constant('array'), items: tie('schemas'), maxItems: fc.constant(3) }),
        fc.record({
          type: fc.constant('object'),
          properties: fc.record({ a: tie('schemas'), b: tie('schemas') }),
          required: fc.constantFrom([], ['a']),
          additionalProperties: fc.constantFrom(true, false),
        }),
        fc.record({ anyOf: fc.array(tie('schemas'), { minLength: 1, maxLength: 2 }) }),
      ),
    }));
    const { values } = fc.letrec<{ values: unknown }>((tie) => ({
      values: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom('', 'a', 'ab', 'x', 0, 1, 2.5, 7, -1, true, null),
        fc.array(tie('values'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('values'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(schemas, values, (given, value) => {
        expect(schemaProblems(given)).toEqual([]);
        const fits = z.fromJSONSchema(given).safeParse(value).success;
        expect(valueProblems(given, value).length === 0).toBe(fits);
      }),
    );
  });

  it('goes as deep as a schema that contains itself, and no further than there is time for', () => {
    const twice = { $ref: '#/$defs/twice' };
    const nested = (levels: number): unknown => (levels === 0 ? {} : { a: nested(levels - 1) });
    const $defs = { twice: { properties: { a: { allOf: [twice, twice] } } } };
    expect(valueProblems({ ...twice, $defs }, nested(3))).toEqual([]);
    expect(valueProblems({ ...twice, $defs }, nested(40))).toEqual([
      expect.stringContaining('too much work'),
    ]);
    const evil = { type: 'string', pattern: '(a+)+$' };
    expect(valueProblems(evil, `${'a'.repeat(50)}!`)).toHaveLength(1);
  });

  it('has no item twice, and no more than may be', () => {
    const list = {
      type: 'array',
      prefixItems: [{ type: 'string' }],
      items: false,
      uniqueItems: true,
      minItems: 1,
    };
    expect(valueProblems(list, ['a'])).toEqual([]);
    expect(valueProblems(list, ['a', 'b'])).toEqual(['[1]: may not be there']);
    expect(
      valueProblems({ uniqueItems: true }, [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]),
    ).toEqual(['expected no item twice']);
    expect(valueProblems({ not: { type: 'string' } }, 'a')).toEqual(['is what it may not be']);
  });
});
