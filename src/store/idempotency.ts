import { sql } from 'drizzle-orm';
import { type Database, query } from './database.ts';
import { writeOnce } from './operation.ts';
import { ms } from './runs/move.ts';

/** How long whoever begins a request has it to themselves; after that they count as dead. */
const LOCK_MS = 60_000;
const KEEP_MS = 86_400_000;

/** An `Idempotency-Key` as its caller sent it. */
export interface Key {
  /** Whose key it is: the same text of two callers is two keys. */
  scope: string;
  key: string;
}

/** One try to carry out a request; a write of another one is not its. */
export interface Attempt extends Key {
  operationId: string;
}

/**
 * What is known of a request under its key. `yours`: carry it out, with ids derived from `seed`; at a later `attempt` what it makes
 * may be there already.
 */
export type Reservation =
  | { kind: 'yours'; seed: string; attempt: number }
  | { kind: 'answered'; sealedAnswer: string }
  | { kind: 'underWay' }
  | { kind: 'reused' };

type Begun = { seed: string; attempt: number };

const at = ({ scope, key }: Key) => sql`k.scope = ${scope}::text AND k.key = ${key}::text`;

const own = (attempt: Attempt) => sql`${at(attempt)} AND k.operation_id = ${attempt.operationId}::text`;

/**
 * Takes a request for this worker: one that is new, or whose worker has died before it could answer. The row decides (E1), by
 * the database's clock (E6).
 *
 * @param input.seed a new TypeID; the first try's is kept
 */
export async function reserveKey(
  db: Database,
  input: Attempt & { fingerprint: string; seed: string },
): Promise<Reservation> {
  const { scope, key, operationId, fingerprint, seed } = input;
  const isOver = sql`k.expires_at <= engine_now()`;
  const begun = await writeOnce<Begun>(
    db,
    sql`INSERT INTO idempotency_keys AS k (scope, key, fingerprint, seed, operation_id, locked_until, expires_at)
      VALUES (${scope}::text, ${key}::text, ${fingerprint}::text, ${seed}::text, ${operationId}::text,
        engine_now() + ${ms(LOCK_MS)}, engine_now() + ${ms(KEEP_MS)})
      ON CONFLICT (scope, key) DO UPDATE SET fingerprint = excluded.fingerprint, operation_id = excluded.operation_id,
        locked_until = excluded.locked_until, sealed_answer = NULL,
        seed = CASE WHEN ${isOver} THEN excluded.seed ELSE k.seed END,
        attempt = CASE WHEN ${isOver} THEN 1 ELSE k.attempt + 1 END,
        created_at = CASE WHEN ${isOver} THEN excluded.created_at ELSE k.created_at END,
        expires_at = CASE WHEN ${isOver} THEN excluded.expires_at ELSE k.expires_at END
      WHERE ${isOver} OR (k.sealed_answer IS NULL AND k.locked_until <= engine_now()
        AND k.fingerprint = excluded.fingerprint)
      RETURNING seed, attempt`,
    sql`SELECT seed, attempt FROM idempotency_keys k WHERE ${own(input)}`,
  );
  if (begun) return { kind: 'yours', ...begun };
  const [row] = await query<{ isSame: boolean; sealedAnswer: string | null }>(
    db,
    sql`SELECT fingerprint = ${fingerprint}::text AS "isSame", sealed_answer AS "sealedAnswer"
      FROM idempotency_keys k WHERE ${at(input)}`,
  );
  if (row && !row.isSame) return { kind: 'reused' };
  return row?.sealedAnswer ? { kind: 'answered', sealedAnswer: row.sealedAnswer } : { kind: 'underWay' };
}

/** Keeps the answer of a try for all that come after it, unless another one has begun meanwhile. */
export async function keepAnswer(db: Database, attempt: Attempt, sealedAnswer: string): Promise<void> {
  await query(
    db,
    sql`UPDATE idempotency_keys k SET sealed_answer = ${sealedAnswer}::text WHERE ${own(attempt)}`,
  );
}

/** Lets the next try begin at once: this one has failed, and what it has done is not known. */
export async function releaseKey(db: Database, attempt: Attempt): Promise<void> {
  await query(db, sql`UPDATE idempotency_keys k SET locked_until = engine_now() WHERE ${own(attempt)}`);
}

/** Forgets a request that was refused without anything done, so that its key is free for another one. */
export async function forgetKey(db: Database, attempt: Attempt): Promise<void> {
  await query(db, sql`DELETE FROM idempotency_keys k WHERE ${own(attempt)}`);
}

/** So many are forgotten at once; the rest waits for the next sweep. */
const BATCH = 1_000;

/** Forgets what has been kept for long enough. */
export async function forgetExpiredKeys(db: Database): Promise<void> {
  await query(
    db,
    sql`DELETE FROM idempotency_keys WHERE (scope, key) IN (
      SELECT scope, key FROM idempotency_keys WHERE expires_at <= engine_now()
      ORDER BY expires_at LIMIT ${BATCH}::int FOR UPDATE SKIP LOCKED)`,
  );
}
