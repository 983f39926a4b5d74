import { type SQL, sql } from 'drizzle-orm';
import { type Database, query } from './database.ts';
import { writeOnce } from './operation.ts';
import type { Along } from './runs/along.ts';
import type { Trigger } from './triggers.ts';

/**
 * Which agent works on which issue or pull request, and the deliveries that made it so. Each statement locks the thread's row before
 * a run's: nobody who holds a run asks for a thread. A delivery is put down by the statement that acts on it: when it comes again, or
 * 64 times at once, the key of its row lets the others fail as a whole.
 */

export type Act = 'started' | 'continued' | 'repaired' | 'closed' | 'reopened';

/** A delivery of GitHub's, for one trigger. */
export type Delivery = {
  triggerId: string;
  deliveryId: string;
  /** Such as `issues.labeled`. */
  event: string;
  /** Of the issue or pull request it is about. */
  number: number;
  requestId: string;
};

export type Thread = {
  number: number;
  agentId: string;
  pullNumber: number | null;
  state: 'open' | 'closed';
  repairs: number;
  repairedSha: string | null;
  repairedTree: string | null;
  repairedReport: string | null;
};

/** A delivery that did something. `createdAtMs` is the database's time; the rest is its trigger's. */
export type ActedDelivery = Delivery & {
  act: Act;
  agentId: string;
  finished: boolean;
  createdAtMs: number;
} & Pick<Trigger, 'organisationId' | 'userId' | 'repository'>;

const COLUMNS = sql`number, agent_id AS "agentId", pull_number AS "pullNumber", state, repairs, repaired_sha AS "repairedSha",
  repaired_tree AS "repairedTree", repaired_report AS "repairedReport"`;

const put = (
  { triggerId, deliveryId, event, number, requestId }: Delivery,
  act: Act,
  agent: SQL,
  from: SQL,
) =>
  sql`INSERT INTO github_deliveries (trigger_id, delivery_id, event, number, act, agent_id, request_id)
    SELECT ${triggerId}::text, ${deliveryId}::text, ${event}::text, ${number}::int, ${act}::text, ${agent},
      ${requestId}::text FROM ${from}`;

/** The thread of an issue or pull request: the one that began there, or whose agent opened it. */
export async function findThread(db: Database, triggerId: string, number: number): Promise<Thread | null> {
  const [row] = await query<Thread>(
    db,
    sql`SELECT ${COLUMNS} FROM github_threads WHERE trigger_id = ${triggerId}::text
      AND (number = ${number}::int OR pull_number = ${number}::int) ORDER BY pull_number = ${number}::int DESC NULLS LAST LIMIT 1`,
  );
  return row ?? null;
}

/** The thread that an agent works on. */
export async function findThreadOfAgent(
  db: Database,
  triggerId: string,
  agentId: string,
): Promise<Thread | null> {
  const [row] = await query<Thread>(
    db,
    sql`SELECT ${COLUMNS} FROM github_threads WHERE trigger_id = ${triggerId}::text AND agent_id = ${agentId}::text`,
  );
  return row ?? null;
}

/** The agent of an organisation whose commits go to a branch of a repository. */
export async function findAgentOfBranch(
  db: Database,
  at: { organisationId: string; repository: string; branch: string },
): Promise<string | null> {
  // The branch names its agent; the workspace has the last word.
  const agentId = /^cadence\/(agent_[0-9a-hjkmnp-tv-z]{26})$/.exec(at.branch)?.[1];
  if (agentId === undefined) return null;
  const [row] = await query<{ id: string }>(
    db,
    sql`SELECT a.id FROM agents a JOIN workspaces w ON w.id = a.workspace_id
      WHERE a.id = ${agentId}::text AND a.organisation_id = ${at.organisationId}::text AND a.archived_at IS NULL
        AND lower(w.repository) = lower(${at.repository}::text) AND w.branch = ${at.branch}::text`,
  );
  return row?.id ?? null;
}

/**
 * Puts down that a pull request is an agent's. A later one than the one it had makes its thread begin anew.
 */
export async function adoptPull(
  db: Database,
  input: { triggerId: string; agentId: string; pullNumber: number },
): Promise<void> {
  await query(
    db,
    sql`INSERT INTO github_threads AS t (trigger_id, number, agent_id, pull_number, state, state_at)
      VALUES (${input.triggerId}::text, ${input.pullNumber}::int, ${input.agentId}::text, ${input.pullNumber}::int, 'open',
        '-infinity')
      ON CONFLICT (trigger_id, agent_id) DO UPDATE SET pull_number = excluded.pull_number, state = 'open',
        repairs = 0, repaired_sha = NULL, repaired_tree = NULL,
        repaired_report = NULL
      WHERE t.pull_number IS NULL OR t.pull_number < excluded.pull_number`,
  );
}

/** Goes along with the creation of an agent: makes it the one of its thread, if none has that or the one that had it is done. */
export function beginThread(delivery: Delivery, input: { agentId: string; at: string }): Along {
  const agent = sql`${input.agentId}::text`;
  return {
    before: [
      sql`thread AS (
        INSERT INTO github_threads AS t (trigger_id, number, agent_id, state, state_at)
        SELECT ${delivery.triggerId}::text, ${delivery.number}::int, ${agent}, 'open', ${input.at}::timestamptz FROM owner
        ON CONFLICT (trigger_id, number) DO UPDATE SET agent_id = excluded.agent_id, pull_number = NULL, state = 'open',
          state_at = excluded.state_at, repairs = 0, repaired_sha = NULL, repaired_tree = NULL, repaired_report = NULL
        WHERE (t.state = 'closed' AND t.state_at < excluded.state_at)
          OR EXISTS (SELECT FROM agents a WHERE a.id = t.agent_id AND a.archived_at IS NOT NULL)
        RETURNING number)`,
    ],
    guard: sql`EXISTS (SELECT FROM thread)`,
    arms: (done) => [sql`delivery AS (${put(delivery, 'started', agent, done)})`],
  };
}

/** So often one pull request is repaired. */
export const MOST_REPAIRS = 3;

/** A failure of a pull request's head: its commit, the tree of that, and what the checks say if they say anything. */
export interface Failure {
  sha: string;
  tree: string;
  report: string | null;
}

/**
 * Goes along with a message to the agent of an open thread. As a repair it counts, and stops where the last one changed nothing: the
 * same commit or tree, or the same words.
 */
export function inThread(
  delivery: Delivery,
  { thread, failure }: { thread: Pick<Thread, 'number' | 'agentId'>; failure?: Failure | undefined },
): Along {
  const agent = sql`${thread.agentId}::text`;
  const isNew = failure
    ? sql`repairs < ${MOST_REPAIRS}::int AND repaired_sha IS DISTINCT FROM ${failure.sha}::text
        AND repaired_tree IS DISTINCT FROM ${failure.tree}::text
        AND (${failure.report}::text IS NULL OR repaired_report IS DISTINCT FROM ${failure.report}::text)`
    : sql`true`;
  const counted = failure
    ? [
        (done: SQL) => sql`counted AS (
          UPDATE github_threads t SET repairs = t.repairs + 1, repaired_sha = ${failure.sha}::text,
            repaired_tree = ${failure.tree}::text, repaired_report = ${failure.report}::text
          FROM thread, ${done} WHERE t.trigger_id = ${delivery.triggerId}::text AND t.number = thread.number)`,
      ]
    : [];
  return {
    before: [
      sql`thread AS MATERIALIZED (
        SELECT number FROM github_threads WHERE trigger_id = ${delivery.triggerId}::text AND number = ${thread.number}::int
          AND agent_id = ${agent} AND state = 'open' AND ${isNew} FOR UPDATE)`,
    ],
    guard: sql`EXISTS (SELECT FROM thread)`,
    arms: (done) => [
      sql`delivery AS (${put(delivery, failure ? 'repaired' : 'continued', agent, done)})`,
      ...counted.map((arm) => arm(done)),
    ],
  };
}

/**
 * Closes or reopens the thread whose pull request, or whose issue when it has none, this is. What is older than its state changes
 * nothing.
 *
 * @returns whether it did
 */
export async function turnThread(
  db: Database,
  delivery: Delivery,
  { state, at }: { state: 'open' | 'closed'; at: string },
): Promise<boolean> {
  const act: Act = state === 'open' ? 'reopened' : 'closed';
  const turned = await writeOnce(
    db,
    sql`WITH thread AS (
      UPDATE github_threads SET state = ${state}::text, state_at = ${at}::timestamptz
      WHERE trigger_id = ${delivery.triggerId}::text AND COALESCE(pull_number, number) = ${delivery.number}::int
        AND state <> ${state}::text AND state_at <= ${at}::timestamptz
      RETURNING agent_id
    ), delivery AS (${put(delivery, act, sql`agent_id`, sql`thread`)}) SELECT agent_id FROM thread`,
    sql`SELECT agent_id FROM github_deliveries d WHERE ${isIt(delivery)}`,
  );
  return turned !== null;
}

const isIt = ({ triggerId, deliveryId }: Pick<Delivery, 'triggerId' | 'deliveryId'>) =>
  sql`d.trigger_id = ${triggerId}::text AND d.delivery_id = ${deliveryId}::text`;

const DELIVERY = sql`d.trigger_id AS "triggerId", d.delivery_id AS "deliveryId", d.event, d.number, d.act, d.agent_id AS "agentId",
  d.request_id AS "requestId", d.finished, floor(extract(epoch FROM d.created_at) * 1000)::float8 AS "createdAtMs",
  t.organisation_id AS "organisationId", t.user_id AS "userId", t.repository
  FROM github_deliveries d JOIN triggers t ON t.id = d.trigger_id`;

/** What a delivery did when it came before; null when it has done nothing. */
export async function findActed(
  db: Database,
  delivery: Pick<Delivery, 'triggerId' | 'deliveryId'>,
): Promise<ActedDelivery | null> {
  const [row] = await query<ActedDelivery>(db, sql`SELECT ${DELIVERY} WHERE ${isIt(delivery)}`);
  return row ?? null;
}

/** Puts down that nothing is left to do of a delivery; gives a row when something was. For the statement that does the last of it. */
export const finishActed = (delivery: Pick<Delivery, 'triggerId' | 'deliveryId'>): SQL =>
  sql`UPDATE github_deliveries d SET finished = true WHERE ${isIt(delivery)} AND NOT d.finished RETURNING d.act`;

const AT_ONCE = 100;

/** Deliveries whose worker did not come to the end of them. */
export const listUnfinished = (db: Database): Promise<ActedDelivery[]> =>
  query<ActedDelivery>(
    db,
    sql`SELECT ${DELIVERY} WHERE NOT d.finished AND d.created_at < engine_now() - interval '2 minutes'
      ORDER BY d.created_at LIMIT ${AT_ONCE}::int`,
  );

/** Forgets deliveries that GitHub itself has forgotten long since. */
export async function forgetDeliveries(db: Database): Promise<void> {
  await query(
    db,
    sql`DELETE FROM github_deliveries WHERE (trigger_id, delivery_id) IN (
      SELECT trigger_id, delivery_id FROM github_deliveries WHERE finished AND created_at < engine_now() - interval '30 days'
      ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
  );
}

/** Whether an agent put a label on an issue about then, as a user: its label is not the user's word. */
export async function isLabelOfAgent(
  db: Database,
  input: { repository: string; issue: number; label: string; at: string },
): Promise<boolean> {
  const [row] = await query<{ isIts: boolean }>(
    db,
    sql`SELECT EXISTS (
      SELECT FROM tool_calls c JOIN runs r ON r.id = c.run_id JOIN agents a ON a.id = r.agent_id
        JOIN steps s ON s.run_id = c.run_id AND s.step_no = c.step_no, json_array_elements(s.content) AS block (value)
      WHERE c.name = 'add_label' AND lower(a.repository) = lower(${input.repository}::text)
        AND c.created_at BETWEEN ${input.at}::timestamptz - interval '15 minutes' AND ${input.at}::timestamptz + interval '15 minutes'
        AND block.value ->> 'id' = c.provider_call_id AND block.value -> 'input' ->> 'issue' = ${String(input.issue)}::text
        AND EXISTS (SELECT FROM json_array_elements_text(block.value -> 'input' -> 'labels') AS label (name)
          WHERE lower(label.name) = lower(${input.label}::text))
    ) AS "isIts"`,
  );
  return row?.isIts ?? false;
}
