import { announce, RESUMED } from '../../engine/announce.ts';
import { type Approval, decideApproval as decide } from '../../store/approvals.ts';
import type { ApprovalKind } from '../../store/states.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';
import { tellOfMove } from '../runs/tell.ts';
import { getApproval } from './get-approval.ts';

/** What there is to decide: whether a call may run, or what to do as nobody knows whether it took effect. */
export const DECISIONS = {
  approval: ['allow', 'deny'],
  review: ['sendAgain', 'leave'],
} as const;

export interface Decision {
  organisationId: string;
  approvalId: string;
  decision: (typeof DECISIONS)[ApprovalKind][number];
  /** Told to the model with a denial. */
  reason?: string | undefined;
  /** What the user saw: when given, it must be what the approval is bound to. */
  argumentsSha256?: string | undefined;
}

/**
 * Decides about a call that waits for its user. The last decision of a run lets it go on; repeating one's own decision
 * changes nothing.
 *
 * @throws {AppError} notFound, validationFailed, decisionUnfit, or approvalClosed when it was decided otherwise or can no
 * longer be
 */
export async function decideApproval(context: Context, input: Decision): Promise<Approval> {
  const { organisationId, approvalId, decision, reason } = input;
  const before = await getApproval(context, { organisationId, approvalId });
  if (input.argumentsSha256 !== undefined && input.argumentsSha256 !== before.argumentsSha256) {
    throw invalidField('body.argumentsSha256', 'These are not the arguments that this approval is for.');
  }
  if (!DECISIONS[before.kind].some((fit) => fit === decision)) throw unfit(before.kind, decision);
  const allows = decision === 'allow' || decision === 'sendAgain';
  const { runId, toolCallId } = before;
  const moved = await decide(context.db, {
    runId,
    approvalId,
    operationId: crypto.randomUUID(),
    allows,
    reason: reason ?? null,
    refused: refusalOf(before.kind, reason),
    event: announce({ type: 'approval.decided', data: { approvalId, toolCallId, decision } }),
    resumed: RESUMED(),
  });
  if (moved) await tellOfMove(context, moved);
  const approval = await getApproval(context, { organisationId, approvalId });
  if (approval.state !== (allows ? 'allowed' : 'denied')) throw closed(approval);
  return approval;
}

/** What the model is told of a call that the user did not want to be sent. */
function refusalOf(kind: ApprovalKind, reason: string | undefined) {
  const because = reason ? `: ${reason}` : '.';
  switch (kind) {
    case 'approval':
      return { state: 'denied', output: `The user denied this call${because}` } as const;
    case 'review': {
      const known = 'Whether this took effect is not known. It was sent, and no answer came.';
      return { state: 'needsReview', output: `${known} The user chose to leave it${because}` } as const;
    }
  }
}

function unfit(kind: ApprovalKind, decision: string): AppError {
  const what = kind === 'review' ? 'a review' : 'an approval';
  const message = `"${decision}" does not fit ${what}: use ${DECISIONS[kind].map((fit) => `"${fit}"`).join(' or ')}.`;
  return new AppError('decisionUnfit', message, { errors: [{ field: 'body.decision', message }] });
}

function closed({ state }: Approval): AppError {
  const why = state === 'pending' ? 'has just expired' : `is ${state} already`;
  return new AppError('approvalClosed', `The approval ${why}.`);
}
