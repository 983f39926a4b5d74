import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { authenticate, type Credentials } from './credentials.ts';
import { parsePayload, type Statement } from './payload.ts';
import { Session, type StatementResult } from './session.ts';
import { type ElementTypes, toJsonText } from './values.ts';
import {
  errorResponse,
  MAX_BODY_BYTES,
  type SqlEngine,
  SqlError,
  type SqlRequest,
  type SqlResponse,
} from './wire.ts';

/** Where the database comes from and who may use it. Structured-cloneable: it travels to the worker thread. */
export interface EngineOptions {
  credentials: Credentials;
  dataDir: string | undefined;
  template: ArrayBuffer | undefined;
}

/** Plans for whatever the parameters are, because they are kept. */
const PLANS_ONCE = ['-c', 'plan_cache_mode=force_generic_plan'];

const ISOLATION_LEVELS = new Map([
  ['ReadUncommitted', 'READ UNCOMMITTED'],
  ['ReadCommitted', 'READ COMMITTED'],
  ['RepeatableRead', 'REPEATABLE READ'],
  ['Serializable', 'SERIALIZABLE'],
]);

/**
 * Opens PGlite and answers SQL requests over it, in the calling thread.
 *
 * A template is loaded only where there is no database yet: a data directory that has one keeps it.
 *
 * @throws PGlite's error when the database cannot be opened
 */
export async function openEngine(options: EngineOptions): Promise<SqlEngine> {
  const { dataDir, template } = options;
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  const exists = dataDir !== undefined && existsSync(join(dataDir, 'PG_VERSION'));
  const db = await PGlite.create({
    ...(dataDir === undefined ? {} : { dataDir }),
    startParams: [...PGlite.defaultStartParams, ...PLANS_ONCE],
    ...(template === undefined || exists ? {} : { loadDataDir: new Blob([template]) }),
  });
  const session = new Session(db);
  const elements = await session.exclusively(() => readElementTypes(session));
  return {
    answer: (request) => answer(session, elements, options.credentials, request).catch(errorResponse),
    dump: async () => (await db.dumpDataDir('none')).arrayBuffer(),
    close: () => db.close(),
  };
}

// The proxy knows the built-in types only, so reading the catalogue once is enough.
async function readElementTypes(session: Session): Promise<ElementTypes> {
  const text = "SELECT oid, typelem FROM pg_type WHERE typsubscript = 'array_subscript_handler'::regproc";
  const { rows } = await session.run({ text, params: [] });
  return new Map(rows.map(([oid, element]) => [Number(oid), Number(element)]));
}

async function answer(
  session: Session,
  elements: ElementTypes,
  credentials: Credentials,
  { headers, body }: SqlRequest,
): Promise<SqlResponse> {
  authenticate(headers, credentials);
  const transaction = readTransactionHeaders(headers);
  const payload = parsePayload(body);
  const raw = headers['neon-raw-text-output'] === 'true';
  const arrayMode = headers['neon-array-mode'] === 'true';
  const run = async (statement: Statement) =>
    toJson(await session.run(statement), statement.arrayMode ?? arrayMode, raw ? undefined : elements);

  if (payload.kind === 'single') {
    return ok({}, await session.exclusively(() => run(payload.statement)));
  }
  return session.exclusively(async () => {
    await session.run({ text: transaction.begin, params: [] });
    const results: string[] = [];
    for (const statement of payload.statements) results.push(await run(statement));
    await session.run({ text: 'COMMIT', params: [] });
    return ok(transaction.echo, `{"results":[${results.join(',')}]}`);
  });
}

function ok(headers: Record<string, string>, body: string): SqlResponse {
  return { status: 200, headers, body };
}

function readTransactionHeaders(headers: Record<string, string>) {
  const isolation = headers['neon-batch-isolation-level'];
  const level = isolation === undefined ? undefined : ISOLATION_LEVELS.get(isolation);
  if (isolation !== undefined && level === undefined) throw new SqlError('invalid isolation level');
  const readOnly = headers['neon-batch-read-only'] === 'true';
  const deferrable = headers['neon-batch-deferrable'] === 'true';
  const modes = [
    ...(level === undefined ? [] : [`ISOLATION LEVEL ${level}`]),
    ...(readOnly ? ['READ ONLY'] : []),
    ...(deferrable ? ['DEFERRABLE'] : []),
  ];
  return {
    begin: `START TRANSACTION ${modes.join(', ')}`,
    echo: {
      ...(isolation === undefined ? {} : { 'neon-batch-isolation-level': isolation }),
      ...(readOnly ? { 'neon-batch-read-only': 'true' } : {}),
      ...(deferrable ? { 'neon-batch-deferrable': 'true' } : {}),
    },
  };
}

/** The JSON of one result. Without `elements` cells stay raw text. Written by hand so that JSON columns go in as they are. */
function toJson(result: StatementResult, arrayMode: boolean, elements: ElementTypes | undefined): string {
  const names = result.fields.map((field) => JSON.stringify(field.name));
  const cell = (text: string | null, column: number) => {
    if (text === null) return 'null';
    return elements
      ? toJsonText(text, result.fields[column]?.dataTypeID ?? 0, elements)
      : JSON.stringify(text);
  };
  let bytes = 0;
  const rows = result.rows.map((row) => {
    const cells = row.map(cell);
    const json = arrayMode
      ? `[${cells.join(',')}]`
      : `{${cells.map((value, column) => `${names[column]}:${value}`).join(',')}}`;
    bytes += Buffer.byteLength(json) + 1;
    if (bytes > MAX_BODY_BYTES) {
      throw new SqlError(`response is too large (max is ${MAX_BODY_BYTES} bytes)`, 507);
    }
    return json;
  });
  const { command, rowCount } = readTag(result.tag);
  return (
    `{"rowAsArray":${arrayMode},"fields":${fieldsToJson(result.fields)},"rows":[${rows.join(',')}],` +
    `"command":${JSON.stringify(command)},"rowCount":${rowCount}}`
  );
}

/** The texts of columns that are kept with their statement. */
const fieldTexts = new WeakMap<StatementResult['fields'], string>();

function fieldsToJson(fields: StatementResult['fields']): string {
  const known = fieldTexts.get(fields);
  if (known !== undefined) return known;
  const text = JSON.stringify(
    fields.map((field) => ({
      name: field.name,
      dataTypeID: field.dataTypeID,
      tableID: field.tableID,
      columnID: field.columnID,
      dataTypeSize: field.dataTypeSize,
      dataTypeModifier: field.dataTypeModifier,
      format: 'text',
    })),
  );
  fieldTexts.set(fields, text);
  return text;
}

// `INSERT <oid> <count>`, `SELECT <count>`, or words without a count such as `CREATE TABLE`.
function readTag(tag: string): { command: string; rowCount: number | null } {
  const space = tag.indexOf(' ');
  if (space === -1) return { command: tag, rowCount: null };
  const command = tag.slice(0, space);
  const rest = tag.slice(space + 1);
  const count = command === 'INSERT' ? rest.split(' ')[1] : rest;
  return { command, rowCount: count !== undefined && /^\d+$/.test(count) ? Number(count) : null };
}
