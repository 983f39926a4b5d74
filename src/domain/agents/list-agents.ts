import { type Agent, type AgentStatus, listAgents as readAgents } from '../../store/agents.ts';
import type { Listed, RowPosition } from '../../store/bounded-page.ts';
import type { Context } from '../context.ts';

/** A page of the user's agents, newest first. Archived ones are there only when `status` asks for them. */
export function listAgents(
  { db }: Context,
  page: {
    userId: string;
    status: AgentStatus | undefined;
    limit: number;
    after: RowPosition | undefined;
  },
): Promise<Listed<Agent>> {
  return readAgents(db, page);
}
