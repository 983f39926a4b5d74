import type { PullState } from '../../github/pulls.ts';
import { adoptPull, findAgentOfBranch, findThreadOfAgent, type Thread } from '../../store/github-threads.ts';
import type { Context } from '../context.ts';
import type { Incoming } from './outcome.ts';

/**
 * The thread of the agent that opened a pull request, which may not know of it yet: what says that it was opened can be lost, or come
 * late.
 *
 * @returns null when no agent of the organisation did
 */
export async function linkPull(
  { db }: Context,
  { trigger, repository }: Pick<Incoming, 'trigger' | 'repository'>,
  { number, branch }: Pick<PullState, 'number' | 'branch'>,
): Promise<Thread | null> {
  if (branch === null) return null;
  const { organisationId } = trigger;
  const agentId = await findAgentOfBranch(db, { organisationId, repository, branch });
  if (agentId === null) return null;
  const known = await findThreadOfAgent(db, trigger.id, agentId);
  if (known?.pullNumber === number) return known;
  await adoptPull(db, { triggerId: trigger.id, agentId, pullNumber: number });
  const thread = await findThreadOfAgent(db, trigger.id, agentId);
  return thread?.pullNumber === number ? thread : null;
}
