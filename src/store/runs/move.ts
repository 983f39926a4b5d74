import { type SQL, sql } from 'drizzle-orm';
import type { RunEvent, StoredEvent } from '../../events/types.ts';
import type { Database } from '../database.ts';
import { writeOnce } from '../operation.ts';
import type { RunStatus } from '../states.ts';

/** An event about to be committed, with its spoken sentence. */
export type NewEvent = RunEvent & { speech: string | null };

/**
 * One transition of a run: one statement whose first arm is the guarded update of the row and whose other arms read from
 * it, so that state, events and the next dispatch commit together (E4). `guard` and `next` speak only of columns of the
 * row itself (E1).
 */
export interface Move {
  runId: string;
  operationId: string;
  /** What becomes of the row's operation id, when that depends on the row; else it takes this one. */
  takesOperation?: SQL;
  /** What must hold of the row, beside its id. */
  guard: SQL;
  /** The status after the move, an expression over the row as it was. */
  next: SQL;
  /** Further assignments, such as sql`epoch = epoch + 1`. */
  set: SQL[];
  /** Appended whatever the status becomes. */
  events?: NewEvent[];
  /** Appended after those when the status becomes the key. */
  outcomes?: Partial<Record<RunStatus, NewEvent>>;
  /** When the outcome's event is due at all, said of the row as it was and again of the row as it became. */
  announce?: { before: SQL; after: SQL };
  /** Arms that come first and that `guard` may ask about: other rows that decide, each locked by its own update. */
  before?: SQL[];
  /** Other arms, such as sql`step AS (INSERT … SELECT … FROM moved)`. */
  arms?: SQL[];
}

/** The run after a move that won, and the events it appended. */
export interface Moved {
  runId: string;
  agentId: string;
  status: RunStatus;
  epoch: number;
  dispatchNo: number;
  sweepNo: number;
  stepNo: number;
  inboxSeq: number;
  cancelRequested: boolean;
  /** How long the run's timer still lasts; null when it waits for none. */
  wakeInMs: number | null;
  events: StoredEvent[];
}

type MovedRow = Omit<Moved, 'events'> & { eventSeq: number; at: string; appended: number };

const columns = (
  at: SQL,
) => sql`id AS "runId", agent_id AS "agentId", status, epoch, dispatch_no AS "dispatchNo",
  sweep_no AS "sweepNo", step_no AS "stepNo", inbox_seq AS "inboxSeq", cancel_requested AS "cancelRequested",
  CASE WHEN waiting_for = 'timer' THEN GREATEST(0, EXTRACT(EPOCH FROM wake_at - engine_now()) * 1000)::float8 END
    AS "wakeInMs",
  event_seq AS "eventSeq", to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at`;

const always = sql`true`;

/** Makes a transition. Null means that its guard did not hold: somebody else moved the run. */
export async function moveRun(db: Database, move: Move): Promise<Moved | null> {
  const events = move.events ?? [];
  const outcomes = move.outcomes ?? {};
  const announce = move.announce ?? { before: always, after: always };
  const announced = sql`ANY(${sql.param(Object.keys(outcomes))}::text[])`;
  const appended = sql`${events.length}::int + (status = ${announced} AND ${announce.after})::int`;

  const row = await writeOnce<MovedRow>(
    db,
    sql`WITH ${move.before ? sql`${sql.join(move.before, sql`, `)}, ` : sql``}moved AS (
      UPDATE runs SET status = ${move.next}, operation_id = ${move.takesOperation ?? sql`${move.operationId}::text`},
        event_seq = event_seq + ${events.length}::int
          + ((${move.next}) = ${announced} AND ${announce.before})::int,
        ${sql.join(move.set, sql`, `)}
      WHERE id = ${move.runId}::text AND ${move.guard}
      RETURNING *, engine_now() AS moved_at
    ), appended AS (
      INSERT INTO run_events (run_id, seq, type, data, speech, created_at)
      SELECT moved.id, moved.event_seq - (${appended}) + event.n, event.value ->> 'type', event.value -> 'data',
        event.value ->> 'speech', moved_at
      FROM moved, jsonb_array_elements(${JSON.stringify(events)}::jsonb
        || CASE WHEN status = ${announced} AND ${announce.after}
           THEN jsonb_build_array(${JSON.stringify(outcomes)}::jsonb -> status) ELSE '[]'::jsonb END)
        WITH ORDINALITY AS event (value, n)
    )${move.arms?.length ? sql`, ${sql.join(move.arms, sql`, `)}` : sql``}
    SELECT ${columns(sql`moved_at`)}, ${appended} AS appended FROM moved`,
    sql`SELECT ${columns(sql`engine_now()`)}, ${appended} AS appended FROM runs
      WHERE id = ${move.runId}::text AND operation_id = ${move.operationId}::text`,
  );
  if (!row) return null;
  const { eventSeq, at, appended: count, ...moved } = row;
  const outcome = outcomes[row.status];
  const written = count > events.length && outcome ? [...events, outcome] : events;
  const first = eventSeq - written.length + 1;
  return { ...moved, events: written.map((event, index) => ({ ...event, seq: first + index, at })) };
}

/** A stretch of time as SQL. */
export const ms = (milliseconds: number) => sql`make_interval(secs => ${milliseconds}::float8 / 1000)`;

/** What every terminal status clears. */
export const TERMINAL = sql`('completed', 'failed', 'cancelled')`;
