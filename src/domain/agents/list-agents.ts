import { type Agent, type AgentQuery, listAgents as readAgents } from '../../store/agents.ts';
import type { Listed } from '../../store/bounded-page.ts';
import type { Context } from '../context.ts';

/** A page of the organisation's agents, newest first. Archived ones are there only when `status` asks for them. */
export function listAgents({ db }: Context, query: AgentQuery): Promise<Listed<Agent>> {
  return readAgents(db, query);
}
