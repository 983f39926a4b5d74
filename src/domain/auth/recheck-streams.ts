import { listStreamedAgents } from '../../store/standing.ts';
import type { Context } from '../context.ts';

/**
 * Makes open event streams look at once whether their viewers would still be let in. Called after what revoked it has been
 * committed. Where it does not get through, a stream finds out when it next looks at Postgres: within 30 seconds.
 */
export async function recheckStreams(
  { db, live }: Context,
  of: { organisationId: string } | { userId: string },
): Promise<void> {
  const agentIds = await listStreamedAgents(db, of);
  if (agentIds.length > 0) await live.recheck(agentIds);
}
