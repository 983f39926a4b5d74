/** States of a run. The last three are terminal and absorb (E8). */
export const RUN_STATUSES = [
  'queued',
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'cancelled',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const TERMINAL_STATUSES = ['completed', 'failed', 'cancelled'] as const;
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

export const isTerminal = (status: RunStatus): status is TerminalStatus =>
  TERMINAL_STATUSES.some((terminal) => terminal === status);

export const WAITING_FOR = ['approval', 'input', 'runner', 'child', 'timer', 'budget', 'review'] as const;
export type WaitingFor = (typeof WAITING_FOR)[number];

export const TOOL_CALL_STATES = [
  'planned',
  'awaitingApproval',
  'approved',
  'executing',
  'completed',
  'failed',
  'denied',
  'expired',
  'needsReview',
  'skipped',
] as const;
export type ToolCallState = (typeof TOOL_CALL_STATES)[number];

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
