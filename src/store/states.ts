import type { OfGoal } from './goal-types.ts';
/** A lasting worker as users know them, or the one behind a job that generates a backend. */
export type AgentKind = 'agent' | 'generator';

/** States of a run. The last three are terminal and absorb (E8). */
export type RunStatus = 'queued' | 'running' | 'waiting' | 'paused' | TerminalStatus;

const TERMINAL_STATUSES = ['completed', 'failed', 'cancelled'] as const;
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

export const isTerminal = (status: RunStatus): status is TerminalStatus =>
  TERMINAL_STATUSES.some((terminal) => terminal === status);

export type WaitingFor = 'approval' | 'input' | 'runner' | 'child' | 'timer' | 'budget' | 'review';

/** The limits of a run: three of its own, and what its user may spend in a day. */
export type Budget = 'steps' | 'duration' | 'cost' | 'dailyCost';

export type ToolCallState =
  | 'planned'
  | 'awaitingApproval'
  | 'awaitingInput'
  | 'approved'
  | 'executing'
  | 'completed'
  | 'failed'
  | 'denied'
  | 'needsReview'
  | 'skipped';

export type ApprovalState = 'pending' | 'allowed' | 'denied' | 'expired' | 'cancelled';

/** A question that a run has put to its user; `choices` is null where any answer will do. */
export type Question = { text: string; choices: string[] | null };

/** What the user is asked: to let a call run, or what to do about one whose outcome is not known. */
export type ApprovalKind = 'approval' | 'review';

/**
 * Why a call needs its user's word: the agent's policy, what it would have the repository's own machines run, or that it takes
 * something away from an agent that has read what is private and what strangers wrote.
 */
export type AskedBecause = 'policy' | 'workflow' | 'egress';

/** A turn of the model, or a summary that takes the place of older ones. */
export type StepKind = 'turn' | 'compaction';

/** When a follow-up is heard: at the next turn, or by a run of its own when this one is over. */
export type Deliver = 'now' | 'afterRun';

/** A follow-up that waits for its run to begin. `createdAt` is RFC 3339; the run belongs to the trace that it was said in. */
export type QueuedMessage = {
  id: string;
  text: string;
  createdAt: string;
  traceId?: string | null;
  /** The goal that the run is of. */
  goal?: OfGoal;
};

/** A run that waits for another one of its organisation to end, with the dispatch that is still to be sent for it. */
export type HeldRun = { runId: string; dispatchNo: number; traceId: string | null };

/** Why a run failed: a stable code and one sentence for the user. */
export type RunError = {
  code:
    | 'poison'
    | 'modelUnavailable'
    | 'modelRefused'
    | 'modelRejected'
    | 'contextFull'
    | 'toolUnavailable'
    | 'toolFailed'
    | 'accessLost'
    | 'resultRefused'
    | 'resultMissing'
    | 'resultInvalid'
    | 'pushRefused'
    | 'planInvalid';
  message: string;
};

/** What is remembered under a key, and who said so: a step of a run, or a user. Times are RFC 3339. */
export interface MemoryEntry {
  value: string;
  agentId: string | null;
  runId: string | null;
  stepNo: number | null;
  userId: string | null;
  updatedAt: string;
}

/** An organisation's memory as a run is told it. */
export interface SharedMemory {
  value: string;
  /** Whether a user wrote it; else an agent did. */
  isByUser: boolean;
}

/** Where what a generator has written goes: "owner/name" of a repository that does not exist. */
export type PushTo = { repository: string; private: boolean };

/** A model that an agent may fall back on. */
export type ModelChoice = { provider: string; model: string };
