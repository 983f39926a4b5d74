import { type SQL, sql } from 'drizzle-orm';
import type { OutputSchema } from '../output-schema/output-schema.ts';
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
import type { GoalParameters, GoalStatus } from './goal-types.ts';
import { toJson } from './json.ts';
import { writeOnce } from './operation.ts';
import { usd } from './run-reads.ts';

/** A goal as its organisation sees it. Times are RFC 3339. */
export interface Goal {
  id: string;
  /** Who made it. */
  userId: string;
  agentId: string;
  name: string;
  prompt: string;
  parameters: GoalParameters;
  /** Limits of its runs; the agent's own where null. */
  maxSteps: number | null;
  maxCostUsd: number | null;
  maxDurationSeconds: number | null;
  /** What the results of its runs are held to; the agent's own where null. */
  outputSchema: OutputSchema | null;
  status: GoalStatus;
  scheduleCount: number;
  createdAt: string;
  updatedAt: string;
}

export interface WhichGoal {
  organisationId: string;
  goalId: string;
}

const g = sql`g`;
const GOAL = sql`json_build_object('id', g.id, 'userId', g.user_id, 'agentId', g.agent_id, 'name', g.name, 'prompt', g.prompt,
  'parameters', g.parameters, 'maxSteps', g.max_steps, 'maxCostUsd', ${usd(sql`g.max_cost_micro_usd`)},
  'maxDurationSeconds', g.max_duration_seconds, 'outputSchema', g.output_schema, 'status', g.status, 'scheduleCount', g.schedule_count,
  'createdAt', ${rfc3339(sql`g.created_at`)}, 'updatedAt', ${rfc3339(sql`g.updated_at`)})`;

/** Which row of `goals` it is. */
export const isGoal = ({ organisationId, goalId }: WhichGoal): SQL =>
  sql`id = ${goalId}::text AND organisation_id = ${organisationId}::text`;

export interface NewGoal {
  id: string;
  organisationId: string;
  userId: string;
  agentId: string;
  name: string;
  prompt: string;
  parameters: GoalParameters;
  maxSteps: number | null;
  maxCostMicroUsd: number | null;
  maxDurationSeconds: number | null;
  outputSchema: OutputSchema | null;
}

/** The order of its keys is its own. */
const asText = (schema: OutputSchema | null) => (schema === null ? null : JSON.stringify(schema));

/** @returns false when its agent is archived, unknown or another organisation's */
export async function insertGoal(db: Database, goal: NewGoal): Promise<boolean> {
  const made = await writeOnce(
    db,
    sql`INSERT INTO goals (id, organisation_id, user_id, agent_id, name, prompt, parameters, max_steps, max_cost_micro_usd,
        max_duration_seconds, output_schema, status)
      SELECT ${goal.id}::text, a.organisation_id, ${goal.userId}::text, a.id, ${goal.name}::text, ${goal.prompt}::text,
        ${toJson(goal.parameters)}::jsonb, ${goal.maxSteps}::int, ${goal.maxCostMicroUsd}::bigint, ${goal.maxDurationSeconds}::int,
        ${asText(goal.outputSchema)}::json, 'active'
      FROM agents a WHERE a.id = ${goal.agentId}::text AND a.organisation_id = ${goal.organisationId}::text AND a.archived_at IS NULL
      FOR SHARE
      RETURNING id`,
    sql`SELECT id FROM goals WHERE id = ${goal.id}::text`,
  );
  return made !== null;
}

/** A goal of this organisation. Null for an unknown one and for another's. */
export async function findGoal(db: Database, which: WhichGoal): Promise<Goal | null> {
  const [row] = await query<{ goal: Goal }>(
    db,
    sql`SELECT ${GOAL} AS goal FROM goals g WHERE ${isGoal(which)}`,
  );
  return row?.goal ?? null;
}

/** Which goals to list; without a status all but the archived. */
export interface GoalQuery {
  organisationId: string;
  status?: GoalStatus | undefined;
  limit: number;
  after: RowPosition | undefined;
}

/** The organisation's goals, newest first. */
export async function listGoals(db: Database, input: GoalQuery): Promise<Listed<Goal>> {
  const { organisationId, status, limit } = input;
  const rows = sql`SELECT g.* FROM goals g
    WHERE g.organisation_id = ${organisationId}::text AND ${after(g, input.after)}
      AND ${status === undefined ? sql`g.status <> 'archived'` : sql`g.status = ${status}::text`}
    ORDER BY g.created_at DESC, g.id DESC LIMIT ${limit + 1}::int`;
  const bytes = sql`octet_length(prompt) + octet_length(parameters::text) + COALESCE(octet_length(output_schema::text), 0)`;
  return toListed(
    await query<{ item: Goal; position: RowPosition; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`created_at DESC, id DESC`, bytes, limit })}
        SELECT ${GOAL} AS item, ${positionOf(g)} AS position, ${FOUND} AS found FROM kept g ORDER BY n`,
    ),
  );
}

/** What can be changed of a goal; undefined stays as it is, null takes a limit away. */
export interface GoalChanges {
  agentId?: string | undefined;
  name?: string | undefined;
  prompt?: string | undefined;
  parameters?: GoalParameters | undefined;
  maxSteps?: number | null | undefined;
  maxCostMicroUsd?: number | null | undefined;
  maxDurationSeconds?: number | null | undefined;
  outputSchema?: OutputSchema | null | undefined;
  status?: GoalStatus | undefined;
}

/**
 * Changes what is given. With its status its schedules begin or cease to be due, which is left to be settled.
 *
 * @returns false when the goal is archived, unknown or another organisation's
 */
export async function updateGoal(db: Database, which: WhichGoal, changes: GoalChanges): Promise<boolean> {
  const {
    agentId,
    name,
    prompt,
    parameters,
    maxSteps,
    maxCostMicroUsd,
    maxDurationSeconds,
    outputSchema,
    status,
  } = changes;
  const set = [sql`updated_at = engine_now()`];
  if (agentId !== undefined) set.push(sql`agent_id = ${agentId}::text`);
  if (name !== undefined) set.push(sql`name = ${name}::text`);
  if (prompt !== undefined) set.push(sql`prompt = ${prompt}::text`);
  if (parameters !== undefined) set.push(sql`parameters = ${toJson(parameters)}::jsonb`);
  if (maxSteps !== undefined) set.push(sql`max_steps = ${maxSteps}::int`);
  if (maxCostMicroUsd !== undefined) set.push(sql`max_cost_micro_usd = ${maxCostMicroUsd}::bigint`);
  if (maxDurationSeconds !== undefined) set.push(sql`max_duration_seconds = ${maxDurationSeconds}::int`);
  if (outputSchema !== undefined) set.push(sql`output_schema = ${asText(outputSchema)}::json`);
  if (status !== undefined) set.push(sql`status = ${status}::text`);
  const [row] = await query<{ id: string }>(
    db,
    sql`WITH g AS (
      UPDATE goals SET ${sql.join(set, sql`, `)} WHERE ${isGoal(which)} AND status <> 'archived' RETURNING id
    )${status === undefined ? sql`` : sql`, ${disturb(status)}`} SELECT id FROM g`,
  );
  return row !== undefined;
}

/** A schedule that fires has both an active goal and a next slot; all that change in this are settled again. */
const disturb = (status: GoalStatus): SQL =>
  status === 'active'
    ? sql`disturbed AS (
        UPDATE schedules s SET version = version + 1, updated_at = engine_now() FROM g
        WHERE s.goal_id = g.id AND s.status = 'active' AND s.next_slot_at IS NULL)`
    : sql`disturbed AS (
        UPDATE schedules s SET version = version + 1, updated_at = engine_now(), next_slot_at = NULL, next_fire_at = NULL FROM g
        WHERE s.goal_id = g.id AND s.next_slot_at IS NOT NULL)`;
