import { sql } from 'drizzle-orm';
import {
  after,
  boundedPage,
  FOUND,
  type Listed,
  positionOf,
  type RowPosition,
  rfc3339,
  toListed,
} from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { isActive } from './run-reads.ts';
import type { Deliver } from './states.ts';

/** `delivered`: a worker has taken it for a model call, or its run has begun, and it stays as it is. */
type MessageState = 'queued' | 'delivered' | 'withdrawn';

/** A follow-up as its sender sees it. Times are RFC 3339. */
export interface Message {
  id: string;
  /** The run that was under way when it was sent. */
  runId: string;
  deliver: Deliver;
  /** Its number within the run, from 1; null for `afterRun`. */
  seq: number | null;
  text: string;
  state: MessageState;
  createdAt: string;
  /** The first step that heard it, or whose question it answered; null before, and when the run ended before a step did. */
  deliveredStep: number | null;
  /** The run that it started; null before, and for `now`. */
  startedRunId: string | null;
}

const m = sql`m`;

const q = sql`q`;

const STARTED_RUN = sql`(SELECT s.id FROM runs s WHERE s.prompt_message_id = m.id)`;

const IS_QUEUED = sql`EXISTS (SELECT FROM runs q WHERE q.agent_id = m.agent_id AND ${isActive(q)}
  AND q.after_run @> jsonb_build_array(jsonb_build_object('id', m.id)))`;

/** One that was queued when its run was cancelled, or its agent archived, is withdrawn: nobody had to write that down. */
const STATE = sql`CASE WHEN m.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN m.taken_at IS NOT NULL THEN 'delivered'
  WHEN m.deliver = 'now' THEN 'queued' WHEN ${STARTED_RUN} IS NOT NULL THEN 'delivered' WHEN ${IS_QUEUED} THEN 'queued'
  ELSE 'withdrawn' END`;

/** The message `m` as {@link Message}. A step that heard past a withdrawn message did not hear it. */
const MESSAGE = sql`json_build_object('id', m.id, 'runId', m.run_id, 'deliver', m.deliver, 'seq', m.seq,
  'text', m.text, 'state', ${STATE}, 'startedRunId', ${STARTED_RUN},
  'createdAt', ${rfc3339(sql`m.created_at`)},
  'deliveredStep', (SELECT min(s.step_no) FROM steps s
    WHERE s.run_id = m.run_id AND (s.delivered_seq >= m.seq OR s.answered_seq = m.seq) AND m.withdrawn_at IS NULL))`;

/** Whose message, of which agent. */
export interface MessageOwner {
  organisationId: string;
  agentId: string;
}

const owned = ({ organisationId, agentId }: MessageOwner) =>
  sql`m.agent_id = (SELECT id FROM agents WHERE id = ${agentId}::text AND organisation_id = ${organisationId}::text)`;

/** A message to an agent of this user. Null for an unknown one and for another user's. */
export async function findMessage(
  db: Database,
  owner: MessageOwner,
  messageId: string,
): Promise<Message | null> {
  const [row] = await query<{ message: Message }>(
    db,
    sql`SELECT ${MESSAGE} AS message FROM messages m WHERE m.id = ${messageId}::text AND ${owned(owner)}`,
  );
  return row?.message ?? null;
}

/** Which messages to list; `undefined` leaves a question open. */
export interface MessageQuery extends MessageOwner {
  runId?: string | undefined;
  state?: MessageState | undefined;
  limit: number;
  after: RowPosition | undefined;
}

/** The messages to an agent of the user, newest first. */
export async function listMessages(db: Database, input: MessageQuery): Promise<Listed<Message>> {
  const { runId = null, state = null, limit } = input;
  const rows = sql`SELECT m.* FROM messages m
    WHERE ${owned(input)} AND ${after(m, input.after)} AND m.run_id = COALESCE(${runId}::text, m.run_id)
      AND ${STATE} = COALESCE(${state}::text, ${STATE})
    ORDER BY m.created_at DESC, m.id DESC LIMIT ${limit + 1}::int`;
  const order = sql`created_at DESC, id DESC`;
  return toListed(
    await query<{ item: Message; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order, bytes: sql`octet_length(text)`, limit })}
        SELECT ${MESSAGE} AS item, ${positionOf(m)} AS position, ${FOUND} AS found FROM kept m ORDER BY n`,
    ),
  );
}
