import { messages, type PGlite, protocol } from '@electric-sql/pglite';
import type { Statement } from './payload.ts';
import { isTouching, PreparedStatements } from './prepared.ts';
import { SqlError } from './wire.ts';

/** A statement's outcome, every value still in Postgres's text form. */
export interface StatementResult {
  fields: InstanceType<typeof messages.Field>[];
  rows: (string | null)[][];
  /** The command tag, such as `INSERT 0 1`; empty for an empty query. */
  tag: string;
}

// The proxy does not speak COPY and says this. PGlite would wait for the client's data, and its thread with it, so
// copying in is refused before it is sent.
const NO_COPY = 'unexpected message from server';
const COPY_IN = /^\s*COPY\b.*\bFROM\s+STDIN\b/is;

/** What a query can leave in a session: `DISCARD ALL` but for the statements that are kept, all of which would be planned again. */
const TIDY = [
  'RESET SESSION AUTHORIZATION',
  'RESET ALL',
  'SELECT pg_advisory_unlock_all()',
  'DISCARD TEMP',
  'DISCARD SEQUENCES',
];

/**
 * The one connection to PGlite, spoken to in Postgres's extended protocol.
 *
 * `PGlite.query` would parse values and hide the command tag; the protocol's own messages keep both.
 */
export class Session {
  readonly #db: PGlite;
  readonly #prepared = new PreparedStatements();
  #idle = true;
  /** Something that is no query came since the session was new. */
  #isTouched = false;

  constructor(db: PGlite) {
    this.#db = db;
  }

  /**
   * Runs `work` alone on the connection. A connection that failed or was left inside a transaction is not reused
   * by Neon's pool: here it is rolled back and reset, so its settings, temporary tables and locks are gone as well.
   */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#db.runExclusive(async () => {
      try {
        const result = await work();
        if (!this.#idle) await this.#reset();
        return result;
      } catch (error) {
        await this.#reset();
        throw error;
      }
    });
  }

  /**
   * Runs one statement: parse, bind, describe, execute, sync. A text that came before is not parsed, planned and described
   * again, which is most of the work of a large one. Call it inside `exclusively`.
   *
   * @throws SqlError 400 with all the fields of Postgres's error
   */
  async run({ text, params }: Pick<Statement, 'text' | 'params'>): Promise<StatementResult> {
    if (COPY_IN.test(text)) throw new SqlError(NO_COPY);
    const { serialize } = protocol;
    const kept = this.#prepared.find(text);
    const offered = kept === undefined ? this.#prepared.offer(text) : undefined;
    const name = kept?.name ?? offered;
    const bind = serialize.bind({ values: params, ...(name && { statement: name }) });
    if (kept) return { ...(await this.#exchange([bind, serialize.execute({})])), fields: kept.fields };
    const result = await this.#exchange([
      serialize.parse({ text, ...(offered && { name: offered }) }),
      bind,
      serialize.describe({ type: 'P' }),
      serialize.execute({}),
    ]).catch(async (error: unknown) => {
      // It may have been parsed, and nobody knows it by this name.
      if (offered) await this.#close(offered);
      throw error;
    });
    const old = offered && this.#prepared.keep(text, { name: offered, fields: result.fields });
    if (old) await this.#close(old);
    if (isTouching(result.tag)) {
      this.#isTouched = true;
      // A connection that parses each text anew never meets a statement that no longer fits its tables.
      if (this.#prepared.clear()) await this.run({ text: 'DEALLOCATE ALL', params: [] });
    }
    return result;
  }

  async #close(name: string): Promise<void> {
    await this.#exchange([protocol.serialize.close({ type: 'S', name })]);
  }

  /** Sends messages of the protocol and reads the answer up to the end of a sync. */
  async #exchange(request: Uint8Array[]): Promise<StatementResult> {
    const bytes = Buffer.concat([...request, protocol.serialize.sync()]);
    const { messages: replies } = await this.#db.execProtocol(bytes, { throwOnError: false });
    const result: StatementResult = { fields: [], rows: [], tag: '' };
    let failure: SqlError | undefined;
    for (const reply of replies) {
      if (reply instanceof messages.RowDescriptionMessage) result.fields = reply.fields;
      else if (reply instanceof messages.DataRowMessage) result.rows.push(reply.fields);
      else if (reply instanceof messages.CommandCompleteMessage) result.tag = reply.text;
      else if (reply instanceof messages.ReadyForQueryMessage) this.#idle = reply.status === 'I';
      else if (reply instanceof messages.DatabaseError) failure ??= fromDatabase(reply);
      else if (reply instanceof messages.CopyResponse) failure ??= new SqlError(NO_COPY);
    }
    if (failure) throw failure;
    return result;
  }

  async #reset(): Promise<void> {
    const { serialize } = protocol;
    const plain = (text: string) => [serialize.parse({ text }), serialize.bind({}), serialize.execute({})];
    if (!this.#idle) await this.#exchange(plain('ROLLBACK'));
    if (this.#isTouched) {
      this.#prepared.clear();
      await this.#exchange(plain('DISCARD ALL'));
    } else await this.#exchange(TIDY.flatMap(plain));
    this.#isTouched = false;
  }
}

function fromDatabase(error: InstanceType<typeof messages.DatabaseError>): SqlError {
  const internal = error.internalPosition !== undefined;
  return new SqlError(error.message, 400, {
    code: error.code ?? '',
    severity: error.severity ?? '',
    detail: error.detail ?? null,
    hint: error.hint ?? null,
    position: internal ? null : (error.position ?? null),
    internalPosition: error.internalPosition ?? null,
    internalQuery: error.internalQuery ?? null,
    where: error.where ?? null,
    table: error.table ?? null,
    column: error.column ?? null,
    schema: error.schema ?? null,
    dataType: error.dataType ?? null,
    constraint: error.constraint ?? null,
    file: error.file ?? null,
    line: error.line ?? null,
    routine: error.routine ?? null,
  });
}
