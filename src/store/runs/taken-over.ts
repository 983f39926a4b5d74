import { sql } from 'drizzle-orm';
import { serversOf } from '../mcp-servers.ts';

/**
 * What a new run takes over from its agent, whatever starts it; from then on the run keeps it, whatever becomes of the agent
 * (E14). The values are of a row `a` with the columns of `agents`, the `base_sha` of its workspace, and the `memories` of the
 * agent (`memoriesOf`).
 */
export const TAKEN_OVER = {
  columns: sql`agent_id, organisation_id, user_id, workspace_id, instructions, provider, model, tools, policies, max_steps, max_cost_micro_usd,
    max_duration_seconds, start_sha, memories, mcp_servers`,
  values: sql`a.id, a.organisation_id, a.user_id, a.workspace_id, a.instructions, a.provider, a.model, a.tools, a.policies, a.max_steps,
    a.max_cost_micro_usd, a.max_duration_seconds, a.base_sha, a.memories, ${serversOf(sql`a`)}`,
};
