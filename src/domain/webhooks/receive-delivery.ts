import { describeError } from '../../log.ts';
import { findActed } from '../../store/github-threads.ts';
import { sqlState, UNIQUE_VIOLATION } from '../../store/operation.ts';
import { triggersOf } from '../../store/triggers.ts';
import type { Context } from '../context.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { grants } from '../permissions.ts';
import { finishDelivery } from './finish-delivery.ts';
import { linkPull } from './link-pull.ts';
import { onFailedCheck } from './on-failed-check.ts';
import { onReview } from './on-review.ts';
import { onTurned } from './on-turned.ts';
import { type Incoming, ignored, type Outcome } from './outcome.ts';
import { type RepositoryEvent, readEvent } from './read-event.ts';
import { onComment, onLabel } from './start-or-continue.ts';

/** These pass, and GitHub is to deliver again. */
const PASSING: readonly ErrorCode[] = [
  'githubUnavailable',
  'unavailable',
  'rateLimited',
  'messageLimitReached',
];

/**
 * Does what a delivery of GitHub's calls for, once for each trigger of its repository, and as that trigger's user. Deliveries may
 * come twice, late, or in another order than things happened.
 *
 * @returns what became of it, for each trigger; nothing when none could be concerned
 * @throws what a later try may be spared; what was done until then stays
 */
export async function receiveDelivery(
  context: Context,
  {
    event,
    deliveryId,
    requestId,
    payload,
  }: { event: string; deliveryId: string; requestId: string; payload: unknown },
): Promise<Outcome[]> {
  const read = readEvent(event, payload);
  if (read === null) return [];
  const { about, name } = read;
  const number = about.kind === 'checkFailed' ? (about.pullNumber ?? 0) : about.number;
  const outcomes: Outcome[] = [];
  const failures: unknown[] = [];
  for (const trigger of await triggersOf(context.db, read.repository.id)) {
    const delivery = { triggerId: trigger.id, deliveryId, event: name, number, requestId };
    const incoming = { trigger, repository: read.repository.fullName, about, delivery };
    try {
      outcomes.push(await actOnce(context, incoming));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return outcomes;
}

async function actOnce(context: Context, incoming: Incoming): Promise<Outcome> {
  const { trigger, delivery } = incoming;
  if (!grants(trigger.role, 'write')) return ignored('notAllowed');
  if (await finish(context, delivery)) return { kind: 'duplicate' };
  const outcome = await act(context, incoming).catch(async (error: unknown) => {
    if (sqlState(error) === UNIQUE_VIOLATION && (await findActed(context.db, delivery))) return DUPLICATE;
    if (!(error instanceof AppError) || PASSING.includes(error.code)) throw error;
    context.log.warn('webhookRefused', { triggerId: trigger.id, error: describeError(error) });
    return ignored('refused');
  });
  if (outcome.kind !== 'ignored') await finish(context, delivery);
  return outcome;
}

const DUPLICATE: Outcome = { kind: 'duplicate' };

/** @returns whether the delivery has acted */
async function finish(context: Context, delivery: Incoming['delivery']): Promise<boolean> {
  const acted = await findActed(context.db, delivery);
  if (acted) await finishDelivery(context, acted);
  return acted !== null;
}

async function act(context: Context, incoming: Incoming): Promise<Outcome> {
  const { about } = incoming;
  switch (about.kind) {
    case 'labelled':
      return onLabel(context, { ...incoming, about });
    case 'commented':
      return onComment(context, { ...incoming, about });
    case 'reviewed':
      return onReview(context, { ...incoming, about });
    case 'checkFailed':
      return onFailedCheck(context, { ...incoming, about });
    case 'turned':
      return onTurned(context, { ...incoming, about });
    case 'pullOpened':
      return note(context, incoming, about);
  }
}

/** A pull request that an agent opened is its own from now on. */
async function note(
  context: Context,
  incoming: Incoming,
  { pull }: Extract<RepositoryEvent['about'], { kind: 'pullOpened' }>,
): Promise<Outcome> {
  return ignored((await linkPull(context, incoming, pull)) ? 'noted' : 'noAgent');
}
