import { turnThread } from '../../store/github-threads.ts';
import type { Context } from '../context.ts';
import { linkPull } from './link-pull.ts';
import { type IncomingOf, ignored, type Outcome } from './outcome.ts';

/**
 * The end of a pull request, merged or not, is the end of its thread, and of an issue whose agent has opened none. What cancels the run
 * comes with finishing the delivery. Reopened, a thread takes messages again.
 */
export async function onTurned(context: Context, incoming: IncomingOf<'turned'>): Promise<Outcome> {
  const { trigger, delivery, about } = incoming;
  const { state, pull, at } = about;
  if (!trigger.mergeOrClose) return ignored('notAsked');
  if (pull) await linkPull(context, incoming, pull);
  const isTurned = await turnThread(context.db, delivery, { state, at });
  return isTurned ? { kind: state === 'open' ? 'reopened' : 'closed' } : ignored('noAgent');
}
