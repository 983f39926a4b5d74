import { type SQL, sql } from 'drizzle-orm';
import type { RunEvent, StoredEvent } from '../../events/types.ts';
import type { Database } from '../database.ts';
import { toJson } from '../json.ts';
import { writeOnce } from '../operation.ts';
import type { HeldRun, RunStatus } from '../states.ts';
import { decisionArms, NEXT, type Spending, spendingColumns } from './budget.ts';
import { CLOCK, NOW } from './clock.ts';
import { ADMITTED, ADMITTED_SINCE, slotArm, slotColumns } from './slots.ts';

export { CLOCK, NOW };

/** An event about to be committed, with its spoken sentence. */
export type NewEvent = RunEvent & { speech: string | null };

/**
 * One transition of a run: one statement that locks the row, decides by it, updates it, and whose other arms read from that,
 * so that state, events, money and the next dispatch commit together (E4). `guard` and `next` speak only of columns of the
 * row itself (E1). The time that workers hold the run is counted here, once for all moves.
 */
export interface Move {
  runId: string;
  operationId: string;
  /** What becomes of the row's operation id, when that depends on the row; else it takes this one. */
  takesOperation?: SQL;
  /** What must hold of the row, beside its id. */
  guard: SQL;
  /** The status after the move, an expression over the row as it was; a limit of `spending` may make it `waiting`. */
  next: SQL;
  /** What it does with the run's money. */
  spending?: Spending;
  /** The run may begin by it, with `limits`: how many of its organisation may be at work at once. */
  concurrentRuns?: number;
  /** Further assignments, such as sql`epoch = epoch + 1`. */
  set: SQL[];
  /** Appended whatever the status becomes. */
  events?: NewEvent[];
  /** Appended where `when` holds of the row as it was, after `events` and what is said of limits. */
  tell?: { when: SQL; events: NewEvent[] }[];
  /** Appended last, when the status becomes the key. */
  outcomes?: Partial<Record<RunStatus, NewEvent | NewEvent[]>>;
  /** What must hold of the row as it was for its outcome to be told; always, if left out. */
  outcomesWhen?: SQL;
  /** Arms that come first and that `guard` may ask about: other rows that decide, each locked by its own update. */
  before?: SQL[];
  /** Other arms, such as sql`step AS (INSERT … SELECT … FROM moved)`. */
  arms?: SQL[];
  /** One of these is the run that `startNext` among the arms may start. */
  starts?: string[];
}

/** A run that the end of another one started: `queued`, or `paused` if a pause had been asked for. */
export type StartedRun = { runId: string; status: RunStatus; traceId: string | null };

/** The run after a move that won, and the events it appended. */
export interface Moved {
  runId: string;
  agentId: string;
  /** The execution of a DAG whose node it is an attempt of. */
  dagExecutionId: string | null;
  /** The execution of its sub-agents, until it is told of their end. */
  childExecutionId: string | null;
  /** The trace that the run was started in. */
  traceId: string | null;
  status: RunStatus;
  epoch: number;
  dispatchNo: number;
  sweepNo: number;
  stepNo: number;
  inboxSeq: number;
  cancelRequested: boolean;
  /** What the run's next call of the model may cost. */
  reservedMicroUsd: number;
  /** How long the run's timer still lasts; null when it waits for none. */
  wakeInMs: number | null;
  /** The run that the end of this one started. */
  started: StartedRun | null;
  /** Runs of its organisation that were held back and may begin now: whoever made the move dispatches them. */
  admitted: HeldRun[];
  /** Its organisation has an endpoint that may want to be told. */
  hasHooks: boolean;
  events: StoredEvent[];
}

type MovedRow = Omit<Moved, 'events'> & {
  eventSeq: number;
  at: string;
  told: number;
  /** Events that the row itself made, as JSON. */
  made: NewEvent[] | null;
  isReadBack: boolean;
};

const columns = (
  now: SQL,
) => sql`id AS "runId", agent_id AS "agentId", dag_execution_id AS "dagExecutionId", CASE WHEN NOT child_joined THEN child_execution_id END AS "childExecutionId", trace_id AS "traceId", status, epoch, dispatch_no AS "dispatchNo",
  sweep_no AS "sweepNo", step_no AS "stepNo", inbox_seq AS "inboxSeq", cancel_requested AS "cancelRequested",
  reserved_micro_usd::float8 AS "reservedMicroUsd",
  CASE WHEN waiting_for = 'timer' THEN GREATEST(0, EXTRACT(EPOCH FROM wake_at - ${now}) * 1000)::float8 END
    AS "wakeInMs",
  event_seq AS "eventSeq", to_char(${now} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at`;

/** A hint, read along so that who has no endpoints pays nothing for them; what it misses the sweeper finds. */
const hasHooks = (run: SQL) => sql`EXISTS (SELECT 1 FROM webhook_endpoints w
  WHERE w.organisation_id = ${run}.organisation_id AND w.disabled_at IS NULL) AS "hasHooks"`;

const started = (from: SQL | undefined) =>
  sql`${from ? sql`(SELECT json_build_object('runId', id, 'status', status, 'traceId', trace_id) FROM ${from})` : sql`NULL::json`} AS started`;

const asList = (told: NewEvent | NewEvent[] = []): NewEvent[] => (Array.isArray(told) ? told : [told]);

/** Makes a transition. Null means that its guard did not hold: somebody else moved the run. */
export async function moveRun(db: Database, move: Move): Promise<Moved | null> {
  const { events = [], tell = [], spending = {}, starts, concurrentRuns: most = null } = move;
  const outcomes = Object.entries(move.outcomes ?? {}).map(
    ([status, told]) => [status, asList(told)] as const,
  );
  const counts = toJson(Object.fromEntries(outcomes.map(([status, told]) => [status, told.length])));
  const outcomesTold = (status: SQL) => sql`COALESCE((${counts}::jsonb ->> (${status}))::int, 0)`;
  // The arms see the row as it became, so which conditions held before is noted on it, a bit each.
  const conditions = [move.outcomesWhen ?? sql`true`, ...tell.map(({ when }) => when)];
  const told = sum(conditions.map((when, bit) => sql`(${when})::int * ${1 << bit}::int`));
  const toldNow = (bit: number) => sql`told & ${1 << bit}::int <> 0`;
  const made = spending.limits ? sql`(SELECT to_tell FROM notices)` : sql`'[]'::jsonb`;
  const added = sum([
    sql`${events.length}::int`,
    sql`jsonb_array_length(${made})`,
    ...tell.map(({ when, events }) => sql`(${when})::int * ${events.length}::int`),
    sql`CASE WHEN ${conditions[0]} THEN ${outcomesTold(NEXT)} ELSE 0 END`,
  ]);
  const wereAdded = sum([
    sql`${events.length}::int`,
    sql`jsonb_array_length(${made})`,
    ...tell.map(({ events }, at) => sql`(${toldNow(at + 1)})::int * ${events.length}::int`),
    sql`CASE WHEN ${toldNow(0)} THEN ${outcomesTold(sql`status`)} ELSE 0 END`,
  ]);
  const texts = [
    sql`${toJson(events)}::jsonb`,
    made,
    ...tell.map(
      ({ events }, at) => sql`CASE WHEN ${toldNow(at + 1)} THEN ${toJson(events)}::jsonb ELSE '[]' END`,
    ),
    sql`CASE WHEN ${toldNow(0)} THEN COALESCE(${toJson(Object.fromEntries(outcomes))}::jsonb -> status, '[]')
      ELSE '[]' END`,
  ];

  const row = await writeOnce<MovedRow>(
    db,
    sql`WITH ${CLOCK}, ${sql.join(
      [
        ...(move.before ?? []),
        ...decisionArms({
          run: sql`${move.runId}::text`,
          guard: move.guard,
          next: move.next,
          spending,
          most,
        }),
      ],
      sql`, `,
    )}, moved AS (
      UPDATE runs SET status = ${NEXT}, operation_id = ${move.takesOperation ?? sql`${move.operationId}::text`},
        told = ${told}, event_seq = event_seq + ${added}, ${sql.join([...spendingColumns(spending), ...slotColumns(NEXT, most !== null), ...move.set], sql`, `)}
      FROM verdict${spending.limits ? sql`, notices` : sql``} WHERE runs.id = held_id
      RETURNING runs.*
    ), appended AS (
      INSERT INTO run_events (run_id, seq, type, data, speech, created_at)
      SELECT moved.id, moved.event_seq - (${wereAdded}) + event.n, event.value ->> 'type', event.value -> 'data',
        event.value ->> 'speech', ${NOW}
      FROM moved, jsonb_array_elements(${sql.join(texts, sql` || `)}) WITH ORDINALITY AS event (value, n)
    ), ${slotArm(most)}${move.arms?.length ? sql`, ${sql.join(move.arms, sql`, `)}` : sql``}
    SELECT ${columns(NOW)}, ${started(starts && sql`next_run`)}, ${hasHooks(sql`moved`)}, ${ADMITTED}, told, ${made} AS made,
        false AS "isReadBack" FROM moved`,
    sql`SELECT ${columns(sql`engine_now()`)}, ${started(starts && sql`runs WHERE id = ANY(${sql.param(starts)}::text[])`)}, ${hasHooks(sql`runs`)}, ${ADMITTED_SINCE}, told,
        NULL AS made, true AS "isReadBack" FROM runs
      WHERE id = ${move.runId}::text AND operation_id = ${move.operationId}::text`,
  );
  if (!row) return null;
  const { eventSeq, at, told: bits, made: madeEvents, isReadBack, ...moved } = row;
  // Others may have added events since: which numbers ours got is in the log, and followers find them there.
  if (isReadBack) return { ...moved, events: [] };
  const isTold = (bit: number) => (bits & (1 << bit)) !== 0;
  const written = [
    ...events,
    ...(madeEvents ?? []),
    ...tell.flatMap(({ events }, index) => (isTold(index + 1) ? events : [])),
    ...(isTold(0) ? (outcomes.find(([status]) => status === row.status)?.[1] ?? []) : []),
  ];
  const first = eventSeq - written.length + 1;
  return { ...moved, events: written.map((event, index) => ({ ...event, seq: first + index, at })) };
}

const sum = (terms: SQL[]): SQL => sql.join(terms, sql` + `);

/** A stretch of time as SQL. */
export const ms = (milliseconds: number) => sql`make_interval(secs => ${milliseconds}::float8 / 1000)`;

/** How soon the sweeper looks after a dispatch that nobody took up. */
export const DISPATCH_GRACE_MS = 30_000;

/** What every terminal status clears. */
export const TERMINAL = sql`('completed', 'failed', 'cancelled')`;
