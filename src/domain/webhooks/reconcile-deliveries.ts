import type { GitHubClient } from '../../github/client.ts';
import type { HookDelivery } from '../../github/hooks.ts';
import { describeError } from '../../log.ts';
import { takeUnreconciled } from '../../store/triggers.ts';
import type { Context } from '../context.ts';
import { asGithubUser } from '../github-access.ts';

/** GitHub hands over again what is at most so old, and keeps no longer what it handed over. */
const RETENTION_MS = 3 * 86_400_000;
/** What failed so often is not tried again. */
const MOST_TRIES = 6;
/** Of one repository and one sweep. */
const MOST_PAGES = 5;
const MOST_AT_ONCE = 50;

/**
 * GitHub delivers once. What it could not hand over, or was answered with a failure, is asked for again here, as whoever made the
 * webhook; it comes in through the same door, where what was done is not done again.
 */
export async function reconcileDeliveries(context: Context): Promise<void> {
  for (const { id, userId, repository, hookId } of await takeUnreconciled(context.db)) {
    if (hookId === null) continue;
    try {
      await asGithubUser(context, userId, (github) => askAgain(context, github, repository, hookId));
    } catch (error) {
      // One that is gone, or not ours any more, must not keep the others from being looked after.
      context.log.warn('webhookNotReconciled', { triggerId: id, error: describeError(error) });
    }
  }
}

async function askAgain(
  context: Context,
  github: GitHubClient,
  repository: string,
  hookId: number,
): Promise<void> {
  const sinceMs = context.now().getTime() - RETENTION_MS;
  const deliveries: HookDelivery[] = [];
  for (let cursor: string | null = null, page = 0; page < MOST_PAGES; page++) {
    const { items, nextCursor } = await github.listDeliveries(repository, hookId, cursor);
    deliveries.push(...items);
    const oldest = items.at(-1);
    if (nextCursor === null || !oldest || Date.parse(oldest.deliveredAt) < sinceMs) break;
    cursor = nextCursor;
  }
  for (const { id } of lostOnes(deliveries, sinceMs)) await github.redeliver(repository, hookId, id);
}

/** The first try of each event that never arrived, oldest first. */
function lostOnes(deliveries: readonly HookDelivery[], sinceMs: number): HookDelivery[] {
  const isTaken = ({ statusCode }: HookDelivery) => statusCode >= 200 && statusCode < 300;
  return [...Map.groupBy(deliveries, ({ guid }) => guid).values()]
    .filter((tries) => !tries.some(isTaken) && tries.length < MOST_TRIES)
    .flatMap((tries) => tries.toSorted((a, b) => a.id - b.id).slice(0, 1))
    .filter(({ event, deliveredAt }) => event !== 'ping' && Date.parse(deliveredAt) >= sinceMs)
    .toSorted((a, b) => a.id - b.id)
    .slice(0, MOST_AT_ONCE);
}
