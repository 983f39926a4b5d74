import { announce, RESUMED } from '../../engine/announce.ts';
import { type Approval, decideApproval as decide } from '../../store/approvals.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';
import { tellOfMove } from '../runs/tell.ts';
import { getApproval } from './get-approval.ts';

export interface Decision {
  userId: string;
  approvalId: string;
  decision: 'allow' | 'deny';
  /** Told to the model with a denial. */
  reason?: string | undefined;
  /** What the user saw: when given, it must be what the approval is bound to. */
  argumentsSha256?: string | undefined;
}

/**
 * Allows or denies a call that waits for its user. The last decision of a run lets it go on; repeating one's own
 * decision changes nothing.
 *
 * @throws {AppError} notFound, validationFailed, or approvalClosed when it was decided otherwise or can no longer be
 */
export async function decideApproval(context: Context, input: Decision): Promise<Approval> {
  const { userId, approvalId, decision, reason } = input;
  const before = await getApproval(context, { userId, approvalId });
  if (input.argumentsSha256 !== undefined && input.argumentsSha256 !== before.argumentsSha256) {
    throw invalidField('body.argumentsSha256', 'These are not the arguments that this approval is for.');
  }
  const { runId, toolCallId } = before;
  const moved = await decide(context.db, {
    runId,
    approvalId,
    operationId: crypto.randomUUID(),
    decision,
    reason: reason ?? null,
    denial: reason ? `The user denied this call: ${reason}` : 'The user denied this call.',
    event: announce({ type: 'approval.decided', data: { approvalId, toolCallId, decision } }),
    resumed: RESUMED(),
  });
  if (moved) await tellOfMove(context, moved);
  const approval = await getApproval(context, { userId, approvalId });
  if (approval.state !== (decision === 'allow' ? 'allowed' : 'denied')) throw closed(approval);
  return approval;
}

function closed({ state }: Approval): AppError {
  const why = state === 'pending' ? 'has just expired' : `is ${state} already`;
  return new AppError('approvalClosed', `The approval ${why}.`);
}
