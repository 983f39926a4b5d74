import { type SQL, sql } from 'drizzle-orm';
import { type Database, query } from '../database.ts';
import { toJson } from '../json.ts';
import { writeOnce } from '../operation.ts';
import { ALONE, type Along, armsOf } from './along.ts';
import type { InboxMessage } from './history.ts';
import { CLOCK, DISPATCH_GRACE_MS, ms, type NewEvent, NOW, TERMINAL } from './move.ts';
import { tainted, taintWorkspace } from './taint.ts';

/**
 * A message with its place: `seq` counts within the run, and `ahead` are those before it that no step has heard.
 * `eventSeq` is how far the run's log reaches with it, and `resumed` the dispatch of a run that waited for it.
 */
export type PlacedMessage = {
  id: string;
  runId: string;
  seq: number;
  ahead: number;
  eventSeq: number;
  resumed: { traceId: string | null; dispatchNo: number; sweepNo: number } | null;
};

/**
 * Adds a follow-up to the agent's active run. `inboxSeq` rises on the run's own row, which is what keeps the run from
 * finishing past the message (E1). A run that waits for its user's word is queued by it.
 *
 * @param input.messageId new; it is also what a repetition after a lost answer is recognised by (E3)
 * @returns null when no run is active, or what goes along with it does not hold
 */
export function addMessage(
  db: Database,
  input: {
    agentId: string;
    messageId: string;
    text: string;
    speech: string | null;
    resumed: NewEvent;
    /** Anybody may have written it. */
    isUntrusted?: boolean | undefined;
    along?: Along | undefined;
  },
): Promise<PlacedMessage | null> {
  const { resumed, along = ALONE } = input;
  const taint = { private: false, untrusted: input.isUntrusted ?? false };
  const id = sql`${input.messageId}::text`;
  const answers = sql`(status = 'waiting' AND waiting_for = 'input' AND asked_seq IS NOT NULL)`;
  return writeOnce<PlacedMessage>(
    db,
    sql`WITH ${CLOCK}${armsOf(along.before)}, moved AS (
      UPDATE runs SET inbox_seq = inbox_seq + 1, event_seq = event_seq + 1 + ${answers}::int, told = ${answers}::int,
        status = CASE WHEN ${answers} THEN 'queued' ELSE status END,
        waiting_for = CASE WHEN ${answers} THEN NULL ELSE waiting_for END,
        dispatch_no = dispatch_no + ${answers}::int,
        sweep_no = CASE WHEN ${answers} THEN 0 ELSE sweep_no END,
        sweep_after = CASE WHEN ${answers} THEN ${NOW} + ${ms(DISPATCH_GRACE_MS)} ELSE sweep_after END${further(tainted(taint))}
      WHERE agent_id = ${input.agentId}::text AND status NOT IN ${TERMINAL} AND ${along.guard}
      RETURNING id, agent_id, workspace_id, inbox_seq, event_seq, delivered_seq, trace_id, dispatch_no, sweep_no, told
    ), message AS (
      INSERT INTO messages (id, agent_id, run_id, seq, text)
      SELECT ${id}, agent_id, id, inbox_seq, ${input.text}::text FROM moved
      RETURNING id, run_id, seq
    ), appended AS (
      INSERT INTO run_events (run_id, seq, type, data, speech)
      SELECT id, event_seq - told, 'message.received',
        jsonb_build_object('messageId', ${id}, 'deliver', 'now', 'seq', inbox_seq, 'text', ${input.text}::text), ${input.speech}::text
      FROM moved
      UNION ALL SELECT id, event_seq, ${resumed.type}::text, ${toJson(resumed.data)}::jsonb, ${resumed.speech}::text
      FROM moved WHERE told = 1
    )${armsOf([...taintWorkspace(taint), ...along.arms(sql`moved`)])}
    SELECT ${PLACED}, CASE WHEN r.told = 1 THEN ${DISPATCH} FROM moved r JOIN message place ON place.run_id = r.id`,
    added(input.messageId),
  );
}

const further = (assignments: SQL[]): SQL => sql.join(assignments.map((assignment) => sql`, ${assignment}`));

const WITHDRAWN = sql`(SELECT count(*) FROM messages w
  WHERE w.run_id = r.id AND w.seq > r.delivered_seq AND w.seq < place.seq AND w.withdrawn_at IS NOT NULL)`;
const PLACED = sql`place.id, r.id AS "runId", place.seq,
  GREATEST(0, place.seq - r.delivered_seq - 1 - ${WITHDRAWN})::int AS ahead, r.event_seq AS "eventSeq"`;
const DISPATCH = sql`json_build_object('traceId', r.trace_id, 'dispatchNo', r.dispatch_no, 'sweepNo', r.sweep_no) END AS resumed`;

/** To dispatch once more what somebody else queued is harmless. */
const added = (messageId: string) =>
  sql`SELECT ${PLACED}, CASE WHEN r.status = 'queued' THEN ${DISPATCH}
    FROM messages place JOIN runs r ON r.id = place.run_id WHERE place.id = ${messageId}::text AND place.seq IS NOT NULL`;

/** The place of a message that was added before. */
export async function findAdded(db: Database, messageId: string): Promise<PlacedMessage | null> {
  const [placed] = await query<PlacedMessage>(db, added(messageId));
  return placed ?? null;
}

/**
 * What a worker heard when it looked, how far into the inbox that look reached, past what was withdrawn, and whether anybody may
 * have written something of what the run has read by then.
 */
export type Heard = { messages: InboxMessage[]; inboxSeq: number; isUntrusted: boolean };

/**
 * Takes the messages past a place in a run's inbox, in order: from here on they stay as they are. It waits for an edit or a
 * withdrawal under way and gives each message as that left it. Repeating it gives the same messages.
 *
 * @returns null when the run has another worker, or is gone (E2)
 */
export function takeMessages(
  db: Database,
  { runId, epoch, afterSeq }: { runId: string; epoch: number; afterSeq: number },
): Promise<Heard | null> {
  const statement = sql`WITH held AS (
      SELECT id, read_untrusted FROM runs
      WHERE id = ${runId}::text AND epoch = ${epoch}::int AND status = 'running'
    ), taken AS (
      UPDATE messages m SET taken_at = COALESCE(m.taken_at, engine_now()) FROM held
      WHERE m.run_id = held.id AND m.seq > ${afterSeq}::int AND m.withdrawn_at IS NULL
      RETURNING m.seq, m.text
    )
    SELECT (SELECT COALESCE(json_agg(json_build_object('seq', seq, 'text', text) ORDER BY seq), '[]') FROM taken)
        AS messages,
      GREATEST(${afterSeq}::int, (SELECT max(m.seq) FROM messages m WHERE m.run_id = held.id)) AS "inboxSeq",
      read_untrusted AS "isUntrusted"
    FROM held`;
  return writeOnce<Heard>(db, statement, statement);
}
