import { type SQL, sql } from 'drizzle-orm';
import type { ExecutionStatus } from '../dag-types.ts';
import { toJson } from '../json.ts';
import { NOW } from '../runs/clock.ts';
import { ms } from '../runs/move.ts';

/** How soon the sweeper looks after an execution of which nobody said anything, and after one that waits for its user. */
export const LOOK_MS = 60_000;
const LONG_LOOK_MS = 3_600_000;

const NODE_OVER = sql`('completed', 'failed', 'skipped', 'cancelled')`;
export const EXECUTION_OVER = sql`('completed', 'failed', 'cancelled')`;

/** What is said aloud, by type of event; a `%` stands for the id of the node. */
export type DagSpeech = Readonly<Record<string, string>>;

/** An execution after a statement that changed it. */
export interface Turned extends Record<string, unknown> {
  executionId: string;
  /** The run whose sub-agents its nodes are, and which waits for their end. */
  parentRunId: string | null;
  status: ExecutionStatus;
  eventSeq: number;
  /** Nodes that could begin now, and slots for them. */
  readyNodes: number;
  freeSlots: number;
  /** From this statement on nothing begins any more: what is under way is to be cancelled. */
  stops: boolean;
}

/** The arm that locks an execution: whoever changes one of its nodes comes through here first, and holds no run's row but that of the run whose sub-agents they are. */
export const lockExecution = (id: SQL) =>
  sql`execution AS (SELECT e.* FROM dag_executions e WHERE e.id = ${id} FOR UPDATE)`;

/** Whether a node may begin. */
export const MAY_BEGIN = sql`(NOT execution.cancel_requested AND NOT execution.pause_requested AND NOT execution.stopping
  AND execution.status NOT IN ${EXECUTION_OVER})`;

/** The columns of a node that a turn sets; each is `n_` and its name in `verdict`. */
const SET = [
  'waiting_for',
  'run_id',
  'run_seq',
  'attempt',
  'retries_left',
  'deadline_at',
  'timed_out',
  'output_text',
  'output_value',
  'error',
  'started_at',
] as const;
export type NodeColumn = (typeof SET)[number];

/** What becomes of the columns of a node, an expression over `node`; one that is not named stays. */
export const nodeColumns = (changes: Partial<Record<NodeColumn, SQL>>): SQL =>
  sql.join(
    SET.map((name) => sql`${changes[name] ?? sql.raw(`node.${name}`)} AS ${sql.raw(`n_${name}`)}`),
    sql`, `,
  );

/**
 * The arms by which a node goes from one state to another, with all that follows from it at once: its dependents have one
 * dependency less, and are `queued` when it was the last; its slot is free or taken; the execution goes on, waits or ends; its log tells it.
 * They read from `execution`, which is locked, and from `verdict`, whose one row has `execution_id`, `node_id`, `was`, `was_waiting_for`,
 * `next`, `blocks` (its dependents are not to run), `fail_fast`, `mirrored` (how many events of its run are to be told
 * behind `was_run_seq`) and what `nodeColumns` gives. Their result is `turned`.
 */
export const turnNode = (speech: DagSpeech): SQL[] => {
  const over = sql`v.next IN ${NODE_OVER}`;
  const spoken = (type: SQL, node: SQL) => sql`replace(${toJson(speech)}::jsonb ->> (${type}), '%', ${node})`;
  return [
    sql`changed AS (
      UPDATE dag_nodes n SET status = v.next,
        ${sql.join(
          SET.map((name) => sql`${sql.raw(name)} = ${sql.raw(`v.n_${name}`)}`),
          sql`, `,
        )},
        finished_at = CASE WHEN ${over} THEN ${NOW} END
      FROM verdict v WHERE n.execution_id = v.execution_id AND n.node_id = v.node_id
      RETURNING n.node_id
    )`,
    sql`dependents AS (
      UPDATE dag_nodes d SET remaining = d.remaining - 1,
        blocked = d.blocked + v.blocks::int,
        succeeded = d.succeeded + (v.next = 'completed')::int,
        status = CASE WHEN d.remaining = 1 AND d.status = 'pending' THEN 'queued' ELSE d.status END
      FROM verdict v JOIN dag_edges g ON g.execution_id = v.execution_id AND g.from_node = v.node_id
      WHERE ${over} AND d.execution_id = g.execution_id AND d.node_id = g.to_node
      RETURNING d.status
    )`,
    sql`delta AS (
      SELECT v.*, -(${over})::int AS open,
        (SELECT count(*) FROM dependents WHERE status = 'queued')::int + (v.next = 'queued')::int - (v.was = 'queued')::int AS ready,
        (v.next = 'running')::int - (v.was = 'running')::int AS running,
        (v.next = 'waiting')::int - (v.was = 'waiting')::int AS waiting,
        (v.next = 'waiting' AND v.n_waiting_for = 'pause')::int - (v.was = 'waiting' AND v.was_waiting_for = 'pause')::int AS paused,
        (v.next IN ('failed', 'cancelled'))::int AS failed,
        (v.was IN ('running', 'waiting'))::int - (v.next IN ('running', 'waiting'))::int AS slots,
        v.next IN ('failed', 'cancelled') AND v.fail_fast AS stops,
        v.mirrored + (v.next <> v.was)::int AS told
      FROM verdict v
    )`,
    ...turnExecution(speech),
    sql`told AS (
      INSERT INTO dag_events (execution_id, seq, node_id, run_id, run_seq, type, created_at)
      SELECT turned.id, turned.was_seq + e.seq - d.was_run_seq, d.node_id, e.run_id, e.seq, e.type, e.created_at
      FROM turned, delta d JOIN run_events e ON e.run_id = d.n_run_id AND e.seq > d.was_run_seq AND e.seq <= d.was_run_seq + d.mirrored
    )`,
    sql`told_of_node AS (
      INSERT INTO dag_events (execution_id, seq, node_id, run_id, type, data, speech, created_at)
      SELECT turned.id, turned.was_seq + d.told, d.node_id, d.n_run_id, n.type,
        jsonb_strip_nulls(jsonb_build_object('nodeId', d.node_id, 'runId', d.n_run_id, 'attempt', d.n_attempt,
          'waitingFor', CASE WHEN d.next = 'waiting' THEN d.n_waiting_for END, 'error', CASE WHEN d.next <> 'running' THEN d.n_error END)),
        ${spoken(sql`n.type`, sql`d.node_id`)}, ${NOW}
      FROM turned, delta d, LATERAL (SELECT CASE
        WHEN d.next = 'queued' THEN 'node.retrying'
        WHEN d.next = 'running' THEN CASE WHEN d.was = 'queued' THEN 'node.started' ELSE 'node.resumed' END
        ELSE 'node.' || d.next END AS type) n
      WHERE d.next <> d.was
    )`,
  ];
};

/**
 * The arms that bring the execution itself up to date: from `delta`, with what is added to its counts and `told`, the events
 * that are told besides. Its own event comes last.
 */
export const turnExecution = (speech: DagSpeech): SQL[] => {
  const after = (name: string, by: string) => sql.raw(`(execution.${name} + delta.${by})`);
  const [open, ready, running, waiting] = [
    after('open_nodes', 'open'),
    after('ready_nodes', 'ready'),
    after('running_nodes', 'running'),
    after('waiting_nodes', 'waiting'),
  ];
  const next = sql`(CASE
    WHEN ${open} = 0 THEN CASE WHEN execution.cancel_requested THEN 'cancelled'
      WHEN ${after('failed_nodes', 'failed')} > 0 THEN 'failed' ELSE 'completed' END
    WHEN execution.cancel_requested OR execution.stopping OR delta.stops THEN 'running'
    WHEN ${running} = 0 AND execution.pause_requested THEN 'suspended'
    WHEN ${running} = 0 AND ${waiting} > 0 AND (${ready} = 0 OR ${after('free_slots', 'slots')} = 0)
      THEN CASE WHEN ${after('paused_nodes', 'paused')} = ${waiting} THEN 'suspended' ELSE 'waiting' END
    ELSE 'running' END)`;
  // Its runs are paused one by one, after this.
  const isToPause = sql`(execution.pause_requested AND ${after('paused_nodes', 'paused')} < ${waiting})`;
  const type = sql`CASE
    WHEN status <> 'running' THEN 'execution.' || status
    WHEN was = 'queued' THEN 'execution.started' ELSE 'execution.resumed' END`;
  return [
    sql`turned AS (
      UPDATE dag_executions x SET status = ${next},
        open_nodes = ${open}, ready_nodes = ${ready}, running_nodes = ${running}, waiting_nodes = ${waiting},
        paused_nodes = ${after('paused_nodes', 'paused')}, failed_nodes = ${after('failed_nodes', 'failed')},
        free_slots = ${after('free_slots', 'slots')}, stopping = execution.stopping OR delta.stops,
        event_seq = execution.event_seq + delta.told + (${next} <> execution.status)::int,
        sweep_after = CASE WHEN ${next} IN ${EXECUTION_OVER} THEN CASE WHEN execution.parent_run_id IS NOT NULL THEN ${NOW} + ${ms(LOOK_MS)} END
          ELSE ${NOW} + CASE WHEN ${next} = 'running' OR ${isToPause} THEN ${ms(LOOK_MS)} ELSE ${ms(LONG_LOOK_MS)} END END,
        started_at = COALESCE(execution.started_at, CASE WHEN ${next} = 'running' THEN ${NOW} END),
        finished_at = CASE WHEN ${next} IN ${EXECUTION_OVER} THEN ${NOW} END
      FROM execution, delta WHERE x.id = execution.id
      RETURNING x.*, execution.status AS was, execution.event_seq AS was_seq, execution.stopping AS was_stopping
    )`,
    sql`told_of_execution AS (
      INSERT INTO dag_events (execution_id, seq, type, data, speech, created_at)
      SELECT id, event_seq, type, '{}', ${toJson(speech)}::jsonb ->> type, ${NOW}
      FROM (SELECT turned.*, ${type} AS type FROM turned WHERE status <> was) AS t
    )`,
  ];
};

/** The columns of {@link Turned}. `stops` is whether the statement made the execution stop. */
export const turnedColumns = (
  stops: SQL,
) => sql`id AS "executionId", parent_run_id AS "parentRunId", status, event_seq AS "eventSeq", ready_nodes AS "readyNodes",
  free_slots AS "freeSlots", ${stops} AS stops`;

/** The answer of a statement with `turnNode` or `turnExecution`. */
export const TURNED = turnedColumns(sql`stopping AND NOT was_stopping`);
