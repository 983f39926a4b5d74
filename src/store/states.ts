/** States of a run. The last three are terminal and absorb (E8). */
export type RunStatus = 'queued' | 'running' | 'waiting' | 'paused' | TerminalStatus;

const TERMINAL_STATUSES = ['completed', 'failed', 'cancelled'] as const;
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

export const isTerminal = (status: RunStatus): status is TerminalStatus =>
  TERMINAL_STATUSES.some((terminal) => terminal === status);

export type WaitingFor = 'approval' | 'input' | 'runner' | 'child' | 'timer' | 'budget' | 'review';

export type ToolCallState =
  | 'planned'
  | 'awaitingApproval'
  | 'approved'
  | 'executing'
  | 'completed'
  | 'failed'
  | 'denied'
  | 'expired'
  | 'needsReview'
  | 'skipped';

export type ApprovalState = 'pending' | 'allowed' | 'denied' | 'expired' | 'cancelled';

/** Why a run failed: a stable code and one sentence for the user. */
export type RunError = {
  code:
    | 'poison'
    | 'modelUnavailable'
    | 'modelRefused'
    | 'modelRejected'
    | 'contextFull'
    | 'toolUnavailable'
    | 'accessLost';
  message: string;
};
