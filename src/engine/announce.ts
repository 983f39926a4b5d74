import { speechFor } from '../events/speech.ts';
import type { RunEvent } from '../events/types.ts';
import type { NewEvent } from '../store/runs/move.ts';
import type { ApprovalKind, RunError } from '../store/states.ts';

/** An event with the sentence in which it is read aloud. */
export const announce = (event: RunEvent): NewEvent => ({ ...event, speech: speechFor(event) });

export const CANCELLED = (): NewEvent => announce({ type: 'run.cancelled', data: {} });
export const PAUSED = (): NewEvent => announce({ type: 'run.paused', data: {} });
export const RESUMED = (): NewEvent => announce({ type: 'run.resumed', data: {} });
export const OUT_OF_STEPS = (): NewEvent => announce({ type: 'run.waiting', data: { waitingFor: 'budget' } });
export const WAITS_FOR_USER = (kind: ApprovalKind, until: string): NewEvent =>
  announce({ type: 'run.waiting', data: { waitingFor: kind, until } });
/** After one `approval.expired` for each of them. */
export const APPROVALS_EXPIRED = (): NewEvent =>
  announce({ type: 'run.paused', data: { reason: 'approvalExpired' } });

export const POISON: RunError = {
  code: 'poison',
  message: 'Every worker that took up this run was lost, eight times in a row.',
};
export const POISONED = (): NewEvent => announce({ type: 'run.failed', data: POISON });
