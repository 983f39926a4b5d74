import { reviewCall } from '../store/runs/marked.ts';
import type { Moved } from '../store/runs/move.ts';
import { hashArguments } from '../tools/policy.ts';
import { announce, CANCELLED, PAUSED, WAITS_FOR_USER } from './announce.ts';
import type { Unknown } from './carry-out.ts';
import { APPROVAL_TTL_MS } from './decide.ts';
import { describeCall } from './describe-call.ts';
import type { Engine } from './engine.ts';
import type { Work } from './work.ts';
import { accepted, fence } from './write.ts';

/**
 * Asks the user what to do about a call of which nobody knows whether it took effect: send it again, or leave it. The run
 * waits for the answer as it does for an approval.
 */
export async function askForReview(
  engine: Engine,
  work: Work,
  { call, reason, wasFirst }: Unknown,
): Promise<Moved> {
  const expiresAt = new Date(engine.now() + APPROVAL_TTL_MS).toISOString();
  const approvalId = engine.newId('approval');
  const request = announce({
    type: 'toolCall.needsReview',
    data: { approvalId, ...describeCall(work, call), expiresAt },
  });
  const moved = await reviewCall(engine.db, {
    ...fence(work),
    approvalId,
    approvalTtlMs: APPROVAL_TTL_MS,
    call: {
      ...call.row,
      argumentsSha256: await hashArguments(call.input),
      output: `Whether this took effect is not known. ${reason}`,
    },
    wasFirst,
    outcomes: {
      cancelled: CANCELLED(),
      paused: [request, PAUSED()],
      waiting: [request, WAITS_FOR_USER('review', expiresAt)],
    },
  });
  return accepted(engine, work, moved);
}
