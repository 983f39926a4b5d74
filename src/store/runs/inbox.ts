import { sql } from 'drizzle-orm';
import { type Database, query } from '../database.ts';
import { writeOnce } from '../operation.ts';
import type { InboxMessage } from './history.ts';
import { TERMINAL } from './move.ts';

/** A message with its place: `seq` counts within the run. `eventSeq` is how far the run's log reaches with it. */
export type PlacedMessage = { runId: string; seq: number; ahead: number; eventSeq: number };

/**
 * Adds a follow-up to the agent's active run. `inboxSeq` rises on the run's own row, which is what keeps the run from
 * finishing past the message (E1).
 *
 * @param input.messageId new; it is also what a repetition after a lost answer is recognised by (E3)
 * @returns null when no run is active
 */
export function addMessage(
  db: Database,
  input: { agentId: string; messageId: string; text: string; speech: string | null },
): Promise<PlacedMessage | null> {
  return writeOnce<PlacedMessage>(
    db,
    sql`WITH moved AS (
      UPDATE runs SET inbox_seq = inbox_seq + 1, event_seq = event_seq + 1
      WHERE agent_id = ${input.agentId}::text AND status NOT IN ${TERMINAL}
      RETURNING id, agent_id, inbox_seq, event_seq, delivered_seq
    ), message AS (
      INSERT INTO messages (id, agent_id, run_id, seq, text)
      SELECT ${input.messageId}::text, agent_id, id, inbox_seq, ${input.text}::text FROM moved
    ), appended AS (
      INSERT INTO run_events (run_id, seq, type, data, speech)
      SELECT id, event_seq, 'message.received', jsonb_build_object('seq', inbox_seq, 'text', ${input.text}::text),
        ${input.speech}::text
      FROM moved
    )
    SELECT id AS "runId", inbox_seq AS seq, inbox_seq - delivered_seq - 1 AS ahead,
      event_seq AS "eventSeq" FROM moved`,
    sql`SELECT run_id AS "runId", m.seq, GREATEST(0, m.seq - delivered_seq - 1) AS ahead, event_seq AS "eventSeq"
      FROM messages m JOIN runs ON runs.id = m.run_id WHERE m.id = ${input.messageId}::text`,
  );
}

/** Messages past a place in a run's inbox, in order. */
export function readInbox(db: Database, runId: string, afterSeq: number): Promise<InboxMessage[]> {
  return query<InboxMessage>(
    db,
    sql`SELECT seq, text FROM messages WHERE run_id = ${runId}::text AND seq > ${afterSeq}::int ORDER BY seq`,
  );
}
