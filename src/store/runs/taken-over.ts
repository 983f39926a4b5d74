import { sql } from 'drizzle-orm';
import { serversOf } from '../mcp-servers.ts';
import { sharedMemoriesOf } from './memories.ts';

/**
 * What a new run takes over from its agent, whatever starts it; from then on the run keeps it, whatever becomes of the agent
 * (E14). The values are of a row `a` with the columns of `agents`, the `base_sha` of its workspace, the `memories` of the
 * agent (`memoriesOf`), and as `goal` the JSON of `OfGoal`, null for a run that is of none.
 */
export const TAKEN_OVER = {
  columns: sql`agent_id, kind, organisation_id, user_id, workspace_id, instructions, provider, model, fallbacks, tools, policies, max_steps, max_cost_micro_usd,
    max_duration_seconds, dag_execution_id, planning, delegated_by, depth, start_sha, memories, shared_memories, mcp_servers, goal_id, schedule_id, slot_at, output_schema, push_to`,
  values: sql`a.id, a.kind, a.organisation_id, a.user_id, a.workspace_id, a.instructions, a.provider, a.model, a.fallbacks, a.tools, a.policies,
    COALESCE((a.goal ->> 'maxSteps')::int, a.max_steps), COALESCE((a.goal ->> 'maxCostMicroUsd')::bigint, a.max_cost_micro_usd),
    COALESCE((a.goal ->> 'maxDurationSeconds')::int, a.max_duration_seconds), a.dag_execution_id, a.planning, a.delegated_by, a.depth, a.base_sha, a.memories, ${sharedMemoriesOf(sql`a.organisation_id`)}, ${serversOf(sql`a`)},
    a.goal ->> 'goalId', a.goal -> 'slot' ->> 'scheduleId', (a.goal -> 'slot' ->> 'slotAt')::timestamptz,
    COALESCE((a.goal ->> 'outputSchema')::json, a.output_schema), a.push_to`,
};
