import { type NeonDbError, neon, neonConfig } from '@neondatabase/serverless';
import { eq, sql as raw } from 'drizzle-orm';
import { drizzle, type NeonHttpDatabase } from 'drizzle-orm/neon-http';
import { boolean, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseTemplate } from '../cloud/database-template.ts';
import { createNeon, type Neon } from './neon.ts';

// What is in it does not matter here, and a copy is there sooner than an empty one.
const template = await (await databaseTemplate('migrations')).read();
const server: Neon = createNeon({ template });
const sql = neon(server.connectionString(), { fullResults: true });

beforeAll(async () => {
  neonConfig.fetchEndpoint = 'http://neon.local/sql';
  neonConfig.fetchFunction = (url: string, init: RequestInit) => server.fetch(new Request(url, init));
  await sql`SELECT 1`;
});
afterAll(() => server.close());

const failure = async (query: Promise<unknown>): Promise<NeonDbError> =>
  query.then(
    () => expect.unreachable('the query should have failed'),
    (error) => error,
  );

describe('values through the official driver', () => {
  const echo = async (text: string, ...params: unknown[]) => {
    const { rows } = await sql.query(`SELECT ${text} AS value`, params);
    return rows[0]?.value;
  };

  it('carries every kind of parameter and value', async () => {
    expect(await echo('$1::text', 'naïve ✓ "quoted" \\ back')).toBe('naïve ✓ "quoted" \\ back');
    expect(await echo('$1::text', null)).toBeNull();
    expect(await echo('$1::bool', true)).toBe(true);
    expect(await echo('$1::int4', -7)).toBe(-7);
    expect(await echo('$1::float8', 0.1)).toBe(0.1);
    expect(await echo('$1::float8', 'NaN')).toBeNaN();
    expect(await echo('$1::float8', '-Infinity')).toBe(-Infinity);
    expect(await echo('$1::int8', '9223372036854775807')).toBe('9223372036854775807');
    expect(await echo('$1::numeric', '1.500')).toBe('1.500');
    expect(await echo('$1::jsonb', { a: [1, 'x', null] })).toEqual({ a: [1, 'x', null] });
    expect(await echo('$1::bytea', Buffer.from([0, 255, 10]))).toEqual(Buffer.from([0, 255, 10]));
    expect(await echo('$1::timestamptz', '2026-11-21T10:00:00.123456+02:00')).toEqual(
      new Date('2026-11-21T08:00:00.123Z'),
    );
    expect(await echo('$1::text[]', ['a', 'b "c"', null, 'NULL', ''])).toEqual([
      'a',
      'b "c"',
      null,
      'NULL',
      '',
    ]);
    expect(
      await echo('$1::int4[]', [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('reports fields, command and row count', async () => {
    await sql`CREATE TABLE counted (id int PRIMARY KEY, name varchar(10))`;
    const inserted = await sql`INSERT INTO counted VALUES (1, 'a'), (2, 'b')`;
    expect(inserted).toMatchObject({ command: 'INSERT', rowCount: 2, rows: [], rowAsArray: false });
    const selected = await sql`SELECT name FROM counted ORDER BY id`;
    expect(selected).toMatchObject({ command: 'SELECT', rowCount: 2, rows: [{ name: 'a' }, { name: 'b' }] });
    expect(selected.fields[0]).toMatchObject({
      name: 'name',
      dataTypeID: 1043,
      columnID: 2,
      dataTypeSize: -1,
      dataTypeModifier: 14,
      format: 'text',
    });
    expect(await sql`UPDATE counted SET name = 'c' WHERE id > 5`).toMatchObject({
      command: 'UPDATE',
      rowCount: 0,
    });
    expect(await sql`CREATE TABLE uncounted ()`).toMatchObject({ command: 'CREATE', rowCount: null });
    expect(await sql``).toMatchObject({ command: '', rowCount: null, rows: [] });
  });

  it('gives rows as arrays on request', async () => {
    const { rows } = await sql.query('SELECT 1 AS a, 2 AS a', [], { arrayMode: true });
    expect(rows).toEqual([[1, 2]]);
  });
});

describe('errors through the official driver', () => {
  it('names code and position of bad SQL', async () => {
    expect(await failure(sql`SELEC 1`)).toMatchObject({
      name: 'NeonDbError',
      code: '42601',
      severity: 'ERROR',
      position: '1',
      message: 'syntax error at or near "SELEC"',
      routine: 'scanner_yyerror',
    });
  });

  it('names table, column, constraint and detail', async () => {
    await sql`CREATE TABLE strict (id int PRIMARY KEY, n int NOT NULL CHECK (n > 0))`;
    await sql`INSERT INTO strict VALUES (1, 1)`;
    expect(await failure(sql`INSERT INTO strict VALUES (1, 1)`)).toMatchObject({
      code: '23505',
      constraint: 'strict_pkey',
      table: 'strict',
      schema: 'public',
      detail: 'Key (id)=(1) already exists.',
    });
    expect(await failure(sql`INSERT INTO strict VALUES (2, 0)`)).toMatchObject({
      constraint: 'strict_n_check',
    });
    expect(await failure(sql`INSERT INTO strict VALUES (2, null)`)).toMatchObject({
      code: '23502',
      column: 'n',
    });
  });

  it('names the inner position and query of an error inside a function', async () => {
    const error = await failure(sql`DO 'BEGIN PERFORM nowhere(); END'`);
    expect(error).toMatchObject({ code: '42883', position: undefined, internalPosition: '8' });
    expect(error).toMatchObject({
      internalQuery: 'SELECT nowhere()',
      where: expect.stringContaining('PL/pgSQL'),
    });
  });

  it('refuses several statements in one query and a wrong number of parameters', async () => {
    expect(await failure(sql`SELECT 1; SELECT 2`)).toMatchObject({ code: '42601' });
    expect(await failure(sql.query('SELECT $1::int', []))).toMatchObject({ code: '08P01' });
    expect(await failure(sql.query('SELECT $1::int', ['x']))).toMatchObject({ code: '22P02' });
  });

  it('refuses COPY from and to the client and stays usable', async () => {
    await sql`CREATE TABLE copied (a int)`;
    expect(await failure(sql`COPY copied FROM STDIN`)).toBeInstanceOf(Error);
    expect(await failure(sql`COPY copied TO STDOUT`)).toBeInstanceOf(Error);
    expect((await sql`SELECT 1 AS one`).rows).toEqual([{ one: 1 }]);
  });

  it.each([
    ['postgres://cadence:wrong@neon.local/cadence', "password authentication failed for user 'cadence'"],
    ['postgres://stranger:local@neon.local/cadence', "password authentication failed for user 'stranger'"],
    ['postgres://cadence@neon.local/cadence', 'missing authentication credentials: required password'],
    ['postgres://cadence:local@neon.local/other', 'database "other" does not exist'],
  ])('refuses %s', async (connectionString, message) => {
    expect(await failure(neon(connectionString)`SELECT 1`)).toMatchObject({ name: 'NeonDbError', message });
  });

  it('answers 507 to a response of more than 10 MB', async () => {
    const error = await failure(sql`SELECT repeat('x', 1000000) FROM generate_series(1, 11)`);
    expect(error.message).toContain('Server error (HTTP status 507)');
    expect(error.message).toContain('response is too large (max is 10485760 bytes)');
  });

  it('answers 413 to a request of more than 10 MB', async () => {
    const error = await failure(sql`SELECT ${'x'.repeat(10 * 1024 * 1024)}`);
    expect(error.message).toContain('Server error (HTTP status 413)');
    expect(error.message).toContain('request is too large (max is 10485760 bytes)');
  });
});

describe('a text that comes again', () => {
  const all = () => sql`SELECT * FROM changing`;

  it('sees the table as it is by then', async () => {
    await sql`CREATE TABLE changing (a int)`;
    await sql`INSERT INTO changing VALUES (1)`;
    expect((await all()).rows).toEqual([{ a: 1 }]);
    await sql`ALTER TABLE changing ADD COLUMN b text DEFAULT 'x'`;
    expect((await all()).rows).toEqual([{ a: 1, b: 'x' }]);
    await sql`DROP TABLE changing`;
    expect(await failure(all())).toMatchObject({ code: '42P01', position: '15' });
    await sql`CREATE TABLE changing (c bool)`;
    expect((await all()).fields).toMatchObject([{ name: 'c', dataTypeID: 16 }]);
  });

  it('sees tables that a block of code or another search path puts in its way', async () => {
    await sql`DO 'BEGIN ALTER TABLE changing ADD COLUMN d int; END'`;
    expect((await all()).fields).toHaveLength(2);
    await sql`CREATE SCHEMA elsewhere`;
    await sql`CREATE TABLE elsewhere.changing (z int)`;
    await sql`SET search_path = elsewhere, public`;
    expect((await all()).fields).toMatchObject([{ name: 'z' }]);
    await sql`RESET search_path`;
    expect((await all()).fields).toHaveLength(2);
  });

  it('gives the same error each time, and goes on after one', async () => {
    const divide = (by: number) => sql.query('SELECT 6 / $1::int AS n', [by]);
    expect((await divide(2)).rows).toEqual([{ n: 3 }]);
    for (let time = 0; time < 2; time++) expect(await failure(divide(0))).toMatchObject({ code: '22012' });
    expect(await failure(sql.query('SELECT 6 / $1::int AS n', []))).toMatchObject({ code: '08P01' });
    expect((await divide(3)).rows).toEqual([{ n: 2 }]);
  });

  it('is forgotten for others when there are too many', async () => {
    for (let n = 0; n < 400; n++) await sql.query(`SELECT ${n} AS n`);
    expect((await sql.query('SELECT 0 AS n')).rows).toEqual([{ n: 0 }]);
    const { rows } = await sql`SELECT count(*)::int AS kept FROM pg_prepared_statements`;
    expect(rows[0]?.kept).toBeLessThanOrEqual(301);
  });

  it('survives the rollback of what it was first used in', async () => {
    const count = sql`SELECT count(*)::int AS n FROM counted_again`;
    await failure(sql.transaction([sql`CREATE TABLE counted_again (a int)`, count, sql`SELECT 1 / 0`]));
    expect(await failure(sql`SELECT count(*)::int AS n FROM counted_again`)).toMatchObject({ code: '42P01' });
    await sql`CREATE TABLE counted_again (a int)`;
    expect((await sql`SELECT count(*)::int AS n FROM counted_again`).rows).toEqual([{ n: 0 }]);
  });
});

describe('an error', () => {
  const isKept = async () => {
    const { rows } = await sql`SELECT FROM pg_prepared_statements WHERE statement = 'SELECT 6 AS kept'`;
    return rows.length > 0;
  };

  it('takes all that queries left in the session, and leaves texts planned', async () => {
    await failure(sql`SELECT 1 / 0`);
    await sql`SELECT 6 AS kept`;
    await sql`SELECT set_config('search_path', 'nowhere', false), pg_advisory_lock(7)`;
    await sql`SELECT 1 AS a INTO TEMP fleeting`;
    await failure(sql`SELECT 1 / 0`);
    expect((await sql`SHOW search_path`).rows).toEqual([{ search_path: 'public' }]);
    expect((await sql`SELECT FROM pg_locks WHERE locktype = 'advisory'`).rows).toEqual([]);
    expect(await failure(sql`SELECT * FROM pg_temp.fleeting`)).toMatchObject({ code: '42P01' });
    expect(await isKept()).toBe(true);
  });

  it('takes the texts as well when something that is no query came before', async () => {
    await sql`SET work_mem = '8MB'`;
    await sql`SELECT 6 AS kept`;
    await failure(sql`SELECT 1 / 0`);
    expect(await isKept()).toBe(false);
  });
});

describe('transactions', () => {
  beforeEach(async () => {
    await sql`DROP TABLE IF EXISTS account`;
    await sql`CREATE TABLE account (id int PRIMARY KEY, balance int CHECK (balance >= 0))`;
    await sql`INSERT INTO account VALUES (1, 10)`;
  });

  it('commits a batch and gives every result', async () => {
    const results = await sql.transaction([
      sql`UPDATE account SET balance = balance - 4 WHERE id = 1`,
      sql`SELECT balance FROM account`,
    ]);
    expect(results.map((result) => result.rows)).toEqual([[], [{ balance: 6 }]]);
  });

  it('rolls the whole batch back when one statement fails', async () => {
    const error = await failure(
      sql.transaction([
        sql`INSERT INTO account VALUES (2, 5)`,
        sql`UPDATE account SET balance = -1 WHERE id = 1`,
      ]),
    );
    expect(error).toMatchObject({ code: '23514', constraint: 'account_balance_check' });
    expect((await sql`SELECT id, balance FROM account`).rows).toEqual([{ id: 1, balance: 10 }]);
  });

  it('reports a violation that only the commit finds', async () => {
    await sql`ALTER TABLE account ADD CONSTRAINT once UNIQUE (balance) DEFERRABLE INITIALLY DEFERRED`;
    const error = await failure(sql.transaction([sql`INSERT INTO account VALUES (2, 10)`]));
    expect(error).toMatchObject({ code: '23505', constraint: 'once' });
  });

  it.each([
    ['ReadUncommitted', 'read uncommitted'],
    ['ReadCommitted', 'read committed'],
    ['RepeatableRead', 'repeatable read'],
    ['Serializable', 'serializable'],
  ] as const)('runs a batch as %s', async (isolationLevel, shown) => {
    const [result] = await sql.transaction([sql`SHOW transaction_isolation`], { isolationLevel });
    expect(result?.rows).toEqual([{ transaction_isolation: shown }]);
  });

  it('runs a batch read only and deferrable', async () => {
    const options = { isolationLevel: 'Serializable', readOnly: true, deferrable: true } as const;
    const [shown] = await sql.transaction([sql`SHOW transaction_deferrable`], options);
    expect(shown?.rows).toEqual([{ transaction_deferrable: 'on' }]);
    const error = await failure(sql.transaction([sql`DELETE FROM account`], { readOnly: true }));
    expect(error).toMatchObject({ code: '25006' });
  });

  it('refuses an unknown isolation level', async () => {
    const options: object = { isolationLevel: 'Chaos' };
    expect(await failure(sql.transaction([sql`SELECT 1`], options))).toMatchObject({
      name: 'NeonDbError',
      message: 'invalid isolation level',
    });
  });

  it('does not keep a transaction open between requests', async () => {
    await sql`BEGIN`;
    await sql`INSERT INTO account VALUES (3, 3)`;
    await sql`ROLLBACK`;
    expect((await sql`SELECT id FROM account ORDER BY id`).rows).toEqual([{ id: 1 }, { id: 3 }]);
  });

  it('loses session settings after an error', async () => {
    await sql`SET search_path = nowhere`;
    await failure(sql`SELECT 1/0`);
    expect((await sql`SHOW search_path`).rows).toEqual([{ search_path: 'public' }]);
  });
});

describe('through drizzle-orm/neon-http', () => {
  let db: NeonHttpDatabase;
  const notes = pgTable('notes', {
    id: integer('id').primaryKey(),
    title: text('title').notNull(),
    tags: text('tags').array(),
    body: jsonb('body').$type<{ words: number }>(),
    done: boolean('done').notNull().default(false),
    at: timestamp('at', { withTimezone: true, mode: 'date' }),
  });

  beforeAll(async () => {
    // Not earlier: drizzle turns off the driver's parsing of times for the whole process.
    db = drizzle(neon(server.connectionString()));
    await db.execute(raw`CREATE TABLE notes (
    id int PRIMARY KEY, title text NOT NULL, tags text[], body jsonb, done bool NOT NULL DEFAULT false, at timestamptz)`);
  });

  it('writes and reads typed rows', async () => {
    const row = {
      id: 1,
      title: 'one',
      tags: ['a', 'b,c'],
      body: { words: 2 },
      at: new Date('2026-01-02T03:04:05.678Z'),
    };
    expect(await db.insert(notes).values(row).returning()).toEqual([{ ...row, done: false }]);
    expect(await db.select().from(notes).where(eq(notes.title, 'one'))).toEqual([{ ...row, done: false }]);
    const updated = await db.update(notes).set({ done: true }).where(eq(notes.id, 1));
    expect(updated.rowCount).toBe(1);
  });

  it('leaves bigint, numeric and timestamptz of plain SQL as text', async () => {
    const { rows } = await db.execute(
      raw`SELECT 1::int8 AS big, 1.50 AS exact, ${raw.param(['x', 'y'])}::text[] AS list,
        '2026-01-02T00:00:00Z'::timestamptz AS at, ${JSON.stringify({ a: 1 })}::jsonb AS doc`,
    );
    expect(rows).toEqual([
      { big: '1', exact: '1.50', list: ['x', 'y'], at: '2026-01-02 00:00:00+00', doc: { a: 1 } },
    ]);
  });

  it('keeps a batch atomic and gives the SQLSTATE as the cause', async () => {
    const batch = db.batch([
      db.insert(notes).values({ id: 2, title: 'two' }),
      db.insert(notes).values({ id: 2, title: 'again' }),
    ]);
    await expect(batch).rejects.toMatchObject({ code: '23505', constraint: 'notes_pkey' });
    expect(await db.select().from(notes).where(eq(notes.id, 2))).toEqual([]);
    await expect(db.execute(raw`SELECT 1 / 0`)).rejects.toMatchObject({ cause: { code: '22012' } });
  });
});
