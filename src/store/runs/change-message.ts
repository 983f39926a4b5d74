import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import { writeOnce } from '../operation.ts';
import { TERMINAL } from './move.ts';

/** Which message its user changes, and the sentence that tells of it. */
export interface ChangeInput {
  agentId: string;
  messageId: string;
  speech: string | null;
}

/** A change that won. `eventSeq` is how far the run's log reaches with it. */
export type ChangedMessage = { runId: string; eventSeq: number };

/**
 * Gives a message that is to be heard now another text, while no worker has taken it.
 *
 * @returns null when it was taken or withdrawn, or has that text already
 */
export function editMessage(
  db: Database,
  input: ChangeInput & { text: string },
): Promise<ChangedMessage | null> {
  const text = sql`${input.text}::text`;
  return change(db, input, {
    set: sql`text = ${text}`,
    guard: sql`m.text <> ${text}`,
    // Whoever else made it say the same has done what we were asked for.
    done: sql`m.text = ${text} AND m.withdrawn_at IS NULL`,
    type: 'message.edited',
    data: sql`jsonb_build_object('messageId', id, 'seq', seq, 'text', ${text})`,
  });
}

/**
 * Takes a message back, while no worker has taken it. The run's `inboxSeq` stays as it is, or numbers would be given twice;
 * a worker that finds nothing but withdrawn messages in the inbox lets the run end without asking the model again.
 *
 * @returns null when it was taken, or withdrawn before
 */
export function withdrawMessage(db: Database, input: ChangeInput): Promise<ChangedMessage | null> {
  return change(db, input, {
    set: sql`withdrawn_at = engine_now()`,
    guard: sql`true`,
    done: sql`m.withdrawn_at IS NOT NULL`,
    type: 'message.withdrawn',
    data: sql`jsonb_build_object('messageId', id, 'seq', seq)`,
  });
}

/**
 * The message's own row decides, and waits for a worker that is just taking it (E1). The run's row is locked before it, as
 * everywhere: who forgets the run comes to its messages in that order. The event follows in the run's log, unless the run has
 * ended: nothing comes after its last event, and its next run hears the message as it is then.
 */
function change(
  db: Database,
  { agentId, messageId, speech }: ChangeInput,
  what: { set: SQL; guard: SQL; done: SQL; type: 'message.edited' | 'message.withdrawn'; data: SQL },
): Promise<ChangedMessage | null> {
  const which = sql`m.id = ${messageId}::text AND m.agent_id = ${agentId}::text`;
  const goesOn = sql`runs.status NOT IN ${TERMINAL}`;
  return writeOnce<ChangedMessage>(
    db,
    sql`WITH locked AS MATERIALIZED (
      SELECT id FROM runs WHERE id = (SELECT m.run_id FROM messages m WHERE ${which}) FOR NO KEY UPDATE
    ), changed AS (
      UPDATE messages m SET ${what.set} FROM locked
      WHERE m.run_id = locked.id AND ${which} AND m.deliver = 'now' AND m.taken_at IS NULL AND m.withdrawn_at IS NULL AND ${what.guard}
      RETURNING m.id, m.run_id, m.seq
    ), moved AS (
      UPDATE runs SET event_seq = event_seq + (${goesOn})::int
      FROM changed WHERE runs.id = changed.run_id
      RETURNING runs.id AS run_id, runs.event_seq, ${goesOn} AS goes_on
    ), appended AS (
      INSERT INTO run_events (run_id, seq, type, data, speech)
      SELECT run_id, event_seq, ${what.type}::text, ${what.data}, ${speech}::text
      FROM moved JOIN changed USING (run_id) WHERE goes_on
    )
    SELECT run_id AS "runId", event_seq AS "eventSeq" FROM moved`,
    sql`SELECT r.id AS "runId", r.event_seq AS "eventSeq" FROM messages m JOIN runs r ON r.id = m.run_id
      WHERE ${which} AND ${what.done}`,
  );
}
