import fc from 'fast-check';
import type { Document } from '../../src/http/document.ts';
import { operationsOf } from '../../src/http/document.ts';
import { broken, fitting, NASTY, type Schema } from './from-schema.ts';

/** A request as it goes over the wire. */
export interface FuzzRequest {
  operationId: string;
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  body: string | null;
}

interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}

/** Ids that are there, by the name of the parameter, so that requests get past the first look-up. */
export type Ids = Readonly<Record<string, readonly string[]>>;

const ODD_HEADERS: readonly Record<string, string>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': '' },
  { 'content-encoding': 'gzip' },
  { accept: 'application/xml' },
  { 'idempotency-key': '' },
  { 'idempotency-key': 'k'.repeat(300) },
  { 'last-event-id': '-1' },
  { 'last-event-id': '1e9' },
  { 'cadence-organisation': 'org_nothing' },
  { traceparent: '00-zz-zz-01' },
  { 'x-request-id': 'x'.repeat(500) },
  { 'if-none-match': '"' },
  { cookie: 'a=b' },
  { range: 'bytes=0-' },
  { 'x-http-method-override': 'DELETE' },
  { 'transfer-encoding': 'chunked' },
];

const NOT_JSON = [
  '',
  '{',
  '[1,]',
  '{"a":1,"a":2}',
  'null',
  '"x"',
  '\uFEFF{}',
  '{"a":1e999}',
  'undefined',
  '{"__proto__":{"x":1}}',
];

/** Requests to every operation of a document, of which about half mean something. */
export function requestsOf(document: Document, token: string, ids: Ids): fc.Arbitrary<FuzzRequest> {
  const { components } = JSON.parse(JSON.stringify(document)) as {
    components: Record<string, Record<string, unknown>>;
  };
  const lookUp = <Found>(ref: string): Found => {
    const [, , kind = '', name = ''] = ref.split('/');
    return components[kind]?.[name] as Found;
  };
  const resolve = (ref: string) => lookUp<Schema>(ref);
  return fc.oneof(
    ...operationsOf(document).map(({ path, method, operation }) => {
      const declared = (operation.parameters ?? []).map((parameter) =>
        '$ref' in parameter ? lookUp<Parameter>(parameter.$ref) : (parameter as unknown as Parameter),
      );
      const schema = bodySchema(operation.requestBody);
      return fc
        .record({
          path: filled(path, declared, ids, resolve),
          query: queryOf(declared, resolve),
          body: schema === null ? fc.constant(null) : bodies(schema, resolve),
          headers: fc.oneof(
            { weight: 5, arbitrary: fc.constant<Record<string, string>>({}) },
            { weight: 1, arbitrary: fc.constantFrom(...ODD_HEADERS) },
          ),
          token: fc.oneof(
            { weight: 9, arbitrary: fc.constant<string | null>(token) },
            { weight: 1, arbitrary: fc.constantFrom(null, 'x', `${token}x`, token.slice(0, -3)) },
          ),
        })
        .map(
          (drawn): FuzzRequest => ({
            operationId: operation.operationId ?? '',
            method: method.toUpperCase(),
            path: drawn.path + drawn.query,
            headers: {
              ...(drawn.body === null ? {} : { 'content-type': 'application/json' }),
              ...(drawn.token === null ? {} : { authorization: `Bearer ${drawn.token}` }),
              ...drawn.headers,
            },
            body: drawn.body,
          }),
        );
    }),
  );
}

function bodySchema(requestBody: unknown): Schema | null {
  const content = (requestBody as { content?: Record<string, { schema?: Schema }> } | undefined)?.content;
  return content?.['application/json']?.schema ?? null;
}

const bodies = (schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<string> => {
  const whole = fitting(schema, resolve);
  return fc.oneof(
    { weight: 4, arbitrary: whole.map((value) => JSON.stringify(value) ?? '') },
    { weight: 4, arbitrary: broken(whole).map((value) => JSON.stringify(value) ?? '') },
    { weight: 1, arbitrary: fc.constantFrom(...NOT_JSON) },
  );
};

/** The address, with ids that are there, that could be, and that never were. */
function filled(
  path: string,
  declared: readonly Parameter[],
  ids: Ids,
  resolve: (ref: string) => Schema,
): fc.Arbitrary<string> {
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? '');
  const drawn = names.map((name) => {
    const schema = declared.find((parameter) => parameter.name === name)?.schema ?? { type: 'string' };
    const known = ids[name] ?? [];
    return fc.oneof(
      ...(known.length > 0 ? [{ weight: 6, arbitrary: fc.constantFrom(...known) }] : []),
      { weight: 1, arbitrary: fitting(schema, resolve).map(String) },
      { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
    );
  });
  return fc
    .tuple(...drawn.map((values) => values.filter((value) => value !== '')))
    .map((values) =>
      names.reduce(
        (address, name, at) => address.replace(`{${name}}`, () => encoded(values[at] ?? '')),
        path,
      ),
    );
}

function queryOf(declared: readonly Parameter[], resolve: (ref: string) => Schema): fc.Arbitrary<string> {
  const inQuery = declared.filter((parameter) => parameter.in === 'query');
  const drawn = inQuery.map(({ name, schema }) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant<string | null>(null) },
      { weight: 2, arbitrary: fitting(schema, resolve).map((value) => `${name}=${encoded(String(value))}`) },
      { weight: 2, arbitrary: fc.constantFrom(...NASTY).map((text) => `${name}=${encoded(text)}`) },
    ),
  );
  return fc
    .tuple(...drawn, fc.constantFrom(null, null, null, null, 'unknown=1', 'limit=1&limit=2'))
    .map((parts) => {
      const given = parts.filter((part) => part !== null);
      return given.length > 0 ? `?${given.join('&')}` : '';
    });
}

/** Percent-encoded; half a character, which has no encoding, as the bytes that some clients send for it. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return '%ED%A0%80';
  }
}
