import { type SQL, sql } from 'drizzle-orm';
import type { OutputSchema } from '../../output-schema/output-schema.ts';
import { type Database, query } from '../database.ts';
import type { OfGoal } from '../goal-types.ts';
import { writeOnce } from '../operation.ts';
import { ALONE, type Along, armsOf } from './along.ts';
import type { ChangedMessage, ChangeInput } from './change-message.ts';
import { TERMINAL } from './move.ts';
import { ownJson } from './start.ts';

/**
 * Messages that each start a run of their own when the agent's active run is over. The queue is a column of that run's row,
 * `after_run`, and the row decides what is in it (E1); the end of the run takes it from there (`next-run.ts`). The rows in
 * `messages` are for reading only.
 */

/** So many may wait behind a run. */
export const LONGEST_QUEUE = 20;

/** A queued message. `ahead` runs begin before the one that it starts; `eventSeq` is how far the log of `runId` reaches with it. */
export type QueuedPlace = { id: string; runId: string; ahead: number; eventSeq: number };

const active = (agentId: string) => sql`agent_id = ${agentId}::text AND status NOT IN ${TERMINAL}`;

/** What stands in a queue under an id: at most one entry. */
const entry = (fields: { id: SQL; text?: SQL }) =>
  sql`jsonb_build_array(jsonb_build_object('id', ${fields.id}${fields.text ? sql`, 'text', ${fields.text}` : sql``}))`;

export interface NewQueued {
  agentId: string;
  /** New; it is also what a repetition after a lost answer is recognised by (E3). */
  messageId: string;
  text: string;
  speech: string | null;
  traceId?: string | null;
  /** What its run takes from a goal. */
  goal?: OfGoal;
  /** What the result of its run is held to; where left out, what its agent says then. */
  outputSchema?: OutputSchema | undefined;
}

/**
 * Queues a message behind the agent's active run.
 *
 * @returns null when no run is active, its queue is full, or what goes along with it does not hold
 */
export function queueMessage(
  db: Database,
  input: NewQueued,
  along: Along = ALONE,
): Promise<QueuedPlace | null> {
  const id = sql`${input.messageId}::text`;
  const text = sql`${input.text}::text`;
  const own = ownJson(input);
  const goal = own === null ? sql`` : sql`, 'goal', ${own}::jsonb`;
  return writeOnce<QueuedPlace>(
    db,
    sql`WITH ${sql.join(along.before.map((arm) => sql`${arm}, `))}moved AS (
      UPDATE runs SET event_seq = event_seq + 1, after_run = after_run || jsonb_build_array(jsonb_build_object('id', ${id},
        'text', ${text}, 'traceId', ${input.traceId ?? null}::text, 'createdAt', to_char(engine_now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')${goal}))
      WHERE ${active(input.agentId)} AND jsonb_array_length(after_run) < ${LONGEST_QUEUE}::int AND ${along.guard}
      RETURNING id, agent_id, event_seq, after_run
    ), message AS (
      INSERT INTO messages (id, agent_id, run_id, deliver, text)
      SELECT ${id}, agent_id, id, 'afterRun', ${text} FROM moved
    ), appended AS (
      INSERT INTO run_events (run_id, seq, type, data, speech)
      SELECT id, event_seq, 'message.received',
        jsonb_build_object('messageId', ${id}, 'deliver', 'afterRun', 'seq', NULL, 'text', ${text}), ${input.speech}::text
      FROM moved
    )${armsOf(along.arms(sql`moved`))}
    SELECT ${id} AS id, id AS "runId", jsonb_array_length(after_run) - 1 AS ahead, event_seq AS "eventSeq" FROM moved`,
    queued(input.messageId),
  );
}

/** Meanwhile it may have moved up, or have begun. */
const queued = (messageId: string) =>
  sql`SELECT m.id, m.run_id AS "runId", r.event_seq AS "eventSeq",
      (SELECT COALESCE(max(e.n) - 1, 0) FROM runs q, jsonb_array_elements(q.after_run) WITH ORDINALITY AS e (value, n)
        WHERE q.agent_id = m.agent_id AND q.status NOT IN ${TERMINAL} AND e.value ->> 'id' = m.id)::int AS ahead
    FROM messages m JOIN runs r ON r.id = m.run_id WHERE m.id = ${messageId}::text`;

/** The place of a message that was queued before. */
export async function findQueued(db: Database, messageId: string): Promise<QueuedPlace | null> {
  const [placed] = await query<QueuedPlace>(db, queued(messageId));
  return placed ?? null;
}

/** Whether as many messages as may wait do. */
export async function isQueueFull(db: Database, agentId: string): Promise<boolean> {
  const [run] = await query<{ full: boolean }>(
    db,
    sql`SELECT jsonb_array_length(after_run) >= ${LONGEST_QUEUE}::int AS "full" FROM runs WHERE ${active(agentId)}`,
  );
  return run?.full ?? false;
}

/**
 * Gives a queued message another text, before its run starts.
 *
 * @returns null when it is not in the queue of the run that was active, or has that text already
 */
export function editQueued(
  db: Database,
  input: ChangeInput & { text: string },
): Promise<ChangedMessage | null> {
  const id = sql`${input.messageId}::text`;
  const text = sql`${input.text}::text`;
  return change(db, input, {
    queue: sql`jsonb_agg(CASE WHEN e.value ->> 'id' = ${id}
      THEN e.value || jsonb_build_object('text', ${text}) ELSE e.value END ORDER BY e.n)`,
    guard: sql`NOT after_run @> ${entry({ id, text })}`,
    set: sql`text = ${text}`,
    done: sql`m.text = ${text} AND m.withdrawn_at IS NULL`,
    type: 'message.edited',
    data: sql`jsonb_build_object('messageId', ${id}, 'seq', NULL, 'text', ${text})`,
  });
}

/**
 * Takes a queued message back, before its run starts.
 *
 * @returns null when it is not in the queue of the run that was active
 */
export function withdrawQueued(db: Database, input: ChangeInput): Promise<ChangedMessage | null> {
  const id = sql`${input.messageId}::text`;
  return change(db, input, {
    queue: sql`COALESCE(jsonb_agg(e.value ORDER BY e.n) FILTER (WHERE e.value ->> 'id' <> ${id}), '[]')`,
    guard: sql`true`,
    set: sql`withdrawn_at = engine_now()`,
    done: sql`m.withdrawn_at IS NOT NULL`,
    type: 'message.withdrawn',
    data: sql`jsonb_build_object('messageId', ${id}, 'seq', NULL)`,
  });
}

function change(
  db: Database,
  { agentId, messageId, speech }: ChangeInput,
  what: { queue: SQL; guard: SQL; set: SQL; done: SQL; type: string; data: SQL },
): Promise<ChangedMessage | null> {
  const id = sql`${messageId}::text`;
  return writeOnce<ChangedMessage>(
    db,
    sql`WITH moved AS (
      UPDATE runs SET event_seq = event_seq + 1, after_run =
        (SELECT ${what.queue} FROM jsonb_array_elements(after_run) WITH ORDINALITY AS e (value, n))
      WHERE ${active(agentId)} AND after_run @> ${entry({ id })} AND ${what.guard}
      RETURNING id, event_seq
    ), changed AS (
      UPDATE messages SET ${what.set} FROM moved WHERE messages.id = ${id}
    ), appended AS (
      INSERT INTO run_events (run_id, seq, type, data, speech)
      SELECT id, event_seq, ${what.type}::text, ${what.data}, ${speech}::text FROM moved
    )
    SELECT id AS "runId", event_seq AS "eventSeq" FROM moved`,
    sql`SELECT r.id AS "runId", r.event_seq AS "eventSeq" FROM messages m
      JOIN runs r ON r.id = COALESCE((SELECT id FROM runs WHERE ${active(agentId)}), m.run_id)
      WHERE m.id = ${id} AND m.agent_id = ${agentId}::text AND ${what.done}`,
  );
}
