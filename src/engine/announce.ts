import { speechFor } from '../events/speech.ts';
import type { RunEvent } from '../events/types.ts';
import type { BudgetSpeech } from '../store/runs/budget.ts';
import type { NewEvent } from '../store/runs/move.ts';
import type { ApprovalKind, Budget, RunError } from '../store/states.ts';

/** An event with the sentence in which it is read aloud. */
export const announce = (event: RunEvent): NewEvent => ({ ...event, speech: speechFor(event) });

export const CANCELLED = (): NewEvent => announce({ type: 'run.cancelled', data: {} });
export const HELD_BACK = (): NewEvent => announce({ type: 'run.heldBack', data: {} });
export const PAUSED = (): NewEvent => announce({ type: 'run.paused', data: {} });
export const RESUMED = (): NewEvent => announce({ type: 'run.resumed', data: {} });
export const WAITS_FOR_USER = (kind: ApprovalKind, until: string): NewEvent =>
  announce({ type: 'run.waiting', data: { waitingFor: kind, until } });
export const WAITS_FOR_INPUT = (): NewEvent =>
  announce({ type: 'run.waiting', data: { waitingFor: 'input' } });
export const WAITS_FOR_CHILDREN = (): NewEvent =>
  announce({ type: 'run.waiting', data: { waitingFor: 'child' } });
export const STUCK = (stepNo: number): NewEvent[] => [
  announce({
    type: 'question.asked',
    data: { stepNo, question: 'I keep doing the same thing with the same result. How shall I go on?' },
  }),
  announce({ type: 'run.waiting', data: { waitingFor: 'input', reason: 'stuck' } }),
];
/** After one `approval.expired` for each of them. */
export const APPROVALS_EXPIRED = (): NewEvent =>
  announce({ type: 'run.paused', data: { reason: 'approvalExpired' } });

export const POISON: RunError = {
  code: 'poison',
  message: 'Every worker that took up this run was lost, eight times in a row.',
};
export const POISONED = (): NewEvent => announce({ type: 'run.failed', data: POISON });

/** What is said of a limit. The numbers are the row's, and not for the ear. */
const speechOf = (budget: Budget): BudgetSpeech[Budget] => ({
  warning: speechFor({ type: 'budget.warning', data: { budget, limit: 0, used: 0 } }),
  reached: speechFor({ type: 'budget.reached', data: { budget, limit: 0, used: 0, needed: 0 } }),
  waiting: speechFor({ type: 'run.waiting', data: { waitingFor: 'budget', budget } }),
});

export const BUDGET_SPEECH: BudgetSpeech = {
  steps: speechOf('steps'),
  duration: speechOf('duration'),
  cost: speechOf('cost'),
  dailyCost: speechOf('dailyCost'),
};
