import { afterAll, expect, it } from 'vitest';
import { databaseTemplate } from '../cloud/database-template.ts';
import { createNeon } from './neon.ts';

// What is in it does not matter here, and a copy is there sooner than an empty one.
const template = await (await databaseTemplate('migrations')).read();
const server = createNeon({ template, user: 'ann', password: 'p@ss/word', database: 'my db' });
afterAll(() => server.close());

const post = (body: unknown, headers: Record<string, string> = {}) =>
  server.fetch(
    new Request('http://neon.local/sql', {
      method: 'POST',
      headers: { 'Neon-Connection-String': server.connectionString(), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );

it('escapes what the connection string carries', () => {
  expect(server.connectionString()).toBe('postgres://ann:p%40ss%2Fword@neon.local/my%20db');
});

it('converts values when raw text is not asked for', async () => {
  const query = `SELECT true AS b, 1::int2 AS s, 2::int4 AS i, 3::int8 AS l, 1.5::float8 AS f, 'NaN'::float8 AS nan,
    '{"a": 1.10}'::json AS j, '[1]'::jsonb AS jb, 1.0::numeric AS n, null AS nothing,
    ARRAY[1, null, 3] AS a, '{{"a,\\"b",c},{NULL,"NULL"}}'::text[] AS t, '[0:1]={t,f}'::bool[] AS bounds,
    ARRAY['{"k": [1]}'::jsonb] AS aj, '{}'::int[] AS empty, '2026-01-02 03:04:05+00'::timestamptz AS at`;
  const response = await post({ query });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  const text = await response.text();
  expect(text).toContain('"j":{"a": 1.10}');
  const result = JSON.parse(text);
  expect(result).toMatchObject({ rowAsArray: false, command: 'SELECT', rowCount: 1 });
  expect(result.rows).toEqual([
    {
      b: true,
      s: 1,
      i: 2,
      l: '3',
      f: 1.5,
      nan: 'NaN',
      j: { a: 1.1 },
      jb: [1],
      n: '1.0',
      nothing: null,
      a: [1, null, 3],
      t: [
        ['a,"b', 'c'],
        [null, 'NULL'],
      ],
      bounds: [true, false],
      aj: [{ k: [1] }],
      empty: [],
      at: '2026-01-02 03:04:05+00',
    },
  ]);
});

it('gives raw text and arrays when the headers ask for them', async () => {
  const headers = { 'Neon-Raw-Text-Output': 'true', 'Neon-Array-Mode': 'true' };
  const response = await post({ query: 'SELECT true, 1, ARRAY[1,2], null' }, headers);
  expect(await response.json()).toMatchObject({ rowAsArray: true, rows: [['t', '1', '{1,2}', null]] });
  const objects = await post({ query: 'SELECT 1 AS one', arrayMode: false }, headers);
  expect(await objects.json()).toMatchObject({ rowAsArray: false, rows: [{ one: '1' }] });
});

it('reads JSON parameters as Postgres text', async () => {
  const query = 'SELECT $1::bool, $2::int, $3::jsonb, $4::text, $5::text[], $6::jsonb[]';
  const params = [true, 4, { k: 'v' }, null, ['a"b', null], [{ k: 1 }]];
  const response = await post({ query, params }, { 'Neon-Array-Mode': 'true' });
  expect(await response.json()).toMatchObject({
    rows: [[true, 4, { k: 'v' }, null, ['a"b', null], [{ k: 1 }]]],
  });
});

it('echoes the headers of a batch', async () => {
  const headers = {
    'Neon-Batch-Isolation-Level': 'Serializable',
    'Neon-Batch-Read-Only': 'true',
    'Neon-Batch-Deferrable': 'true',
  };
  const response = await post({ queries: [{ query: 'SELECT 1 AS one' }] }, headers);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'neon-batch-isolation-level': 'Serializable',
    'neon-batch-read-only': 'true',
    'neon-batch-deferrable': 'true',
  });
  expect(await response.json()).toMatchObject({ results: [{ rows: [{ one: 1 }], rowCount: 1 }] });
  const single = await post({ query: 'SELECT 1' }, headers);
  expect(single.headers.get('neon-batch-isolation-level')).toBeNull();
});

it.each([
  ['not JSON', '{"query":'],
  ['a query that is not text', { query: 1 }],
  ['parameters that are not a list', { query: 'SELECT 1', params: 'x' }],
  ['neither query nor queries', {}],
  ['a list', []],
])('refuses a body that is %s', async (_what, body) => {
  const response = await post(body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    message: expect.stringContaining('could not parse the HTTP request body: '),
    code: '',
    severity: '',
    position: null,
    constraint: null,
    routine: null,
  });
});

it.each([
  [undefined, 'invalid header: neon-connection-string'],
  ['nonsense', 'invalid connection string: relative URL without a base'],
  ['mysql://ann:x@neon.local/db', 'incorrect scheme'],
  ['postgres://ann:x@neon.local', 'invalid database name'],
  ['postgres://neon.local/db', 'missing username'],
])('refuses the connection string %s', async (connectionString, message) => {
  const headers = new Headers();
  if (connectionString !== undefined) headers.set('Neon-Connection-String', connectionString);
  const body = JSON.stringify({ query: 'SELECT 1' });
  const response = await server.fetch(
    new Request('http://neon.local/sql', { method: 'POST', headers, body }),
  );
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ message });
});

it('refuses a JWT', async () => {
  const response = await post({ query: 'SELECT 1' }, { Authorization: 'Bearer x.y.z' });
  expect(response.status).toBe(400);
});

it('refuses other paths and methods, and answers the preflight', async () => {
  const ask = (path: string, method: string) =>
    server.fetch(new Request(`http://neon.local${path}`, { method }));
  for (const response of [await ask('/', 'POST'), await ask('/sql', 'GET'), await ask('/sql/x', 'POST')]) {
    expect(response.status).toBe(400);
    expect(await response.json()).toBe('query is not supported');
  }
  const preflight = await ask('/sql', 'OPTIONS');
  expect(preflight.status).toBe(200);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('Neon-Connection-String');
});
