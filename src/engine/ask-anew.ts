import { type Approval, openApprovals } from '../store/approvals.ts';
import type { AskedAnew } from '../store/runs/control.ts';
import type { NewEvent } from '../store/runs/move.ts';
import { validateCall } from '../tools/execute.ts';
import { announce, WAITS_FOR_USER } from './announce.ts';
import { APPROVAL_TTL_MS } from './decide.ts';
import type { Engine } from './engine.ts';
import { subjectOf } from './subject.ts';

/** What a run will ask its user again when it is resumed. What a run waits for at one time is all of one kind. */
export async function askAnew({ db, now }: Pick<Engine, 'db' | 'now'>, runId: string): Promise<AskedAnew> {
  const open = await openApprovals(db, runId);
  const kind = open[0]?.kind ?? 'approval';
  const expiresAt = new Date(now() + APPROVAL_TTL_MS).toISOString();
  return {
    kind,
    approvalIds: open.map(({ id }) => id),
    events: [...open.map((approval) => request(approval, expiresAt)), WAITS_FOR_USER(kind, expiresAt)],
  };
}

function request(
  { id, kind, toolCallId, stepNo, tool, arguments: input, because }: Approval,
  expiresAt: string,
): NewEvent {
  const subject = subjectOf(validateCall(tool, input, [tool]));
  const data = { approvalId: id, toolCallId, stepNo, name: tool, ...subject, expiresAt };
  switch (kind) {
    case 'approval':
      return announce({ type: 'approval.requested', data: { ...data, ...(because ? { because } : {}) } });
    case 'review':
      return announce({ type: 'toolCall.needsReview', data });
  }
}
