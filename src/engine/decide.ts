import { GitHubError } from '../github/errors.ts';
import type { ModelError, ModelTurn } from '../models/port.ts';
import type { HistoryRun, HistoryStep } from '../store/runs/history.ts';
import type { RunError } from '../store/states.ts';
import { hasPushed } from './push.ts';

/** A step that failed this often in a row is not tried again. With the waits below that is after a quarter of an hour. */
export const MAX_FAILURES = 20;

const FIRST_RETRY_MS = 2_000;
/** So that a run goes on soon after a service that was away has come back. */
const LONGEST_RETRY_MS = 60_000;

/** The user's GitHub token is gone, cannot be opened, or is refused. */
export const ACCESS_LOST: RunError = {
  code: 'accessLost',
  message: 'GitHub no longer accepts your sign-in. Sign in again and start a new run.',
};

/** Not even a summary of the conversation leaves the model room. */
const CONTEXT_FULL: RunError = {
  code: 'contextFull',
  message: 'The conversation has outgrown what the model can read.',
};

const MAYBE_THE_SCHEMA = "It may not take the run's outputSchema.";

/** How long an approval or a review waits for its user before the run is paused. */
export const APPROVAL_TTL_MS = 24 * 3_600_000;

/** What becomes of a step that could not be taken. */
export type FailureVerdict =
  | { kind: 'retry'; delayMs: number; reason: string }
  | { kind: 'fail'; error: RunError };

/** Exponential backoff from 2 s to 1 min, or what the service asked for if that is longer (up to 15 minutes). */
export function retryDelayMs(failures: number, askedMs: number | undefined): number {
  const backoff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
  return Math.min(900_000, Math.max(backoff, askedMs ?? 0));
}

/**
 * @param failures how often this step has failed before, in a row
 * @param hasSchema the request had a schema of its user's in it, which providers take more or less of
 */
export function judgeModelFailure(error: ModelError, failures: number, hasSchema = false): FailureVerdict {
  if (error.contextFull) return { kind: 'fail', error: CONTEXT_FULL };
  if (!error.retryable) {
    if (error.callFailed) return { kind: 'fail', error: { code: 'toolFailed', message: error.message } };
    const message = hasSchema ? `${error.message} ${MAYBE_THE_SCHEMA}` : error.message;
    return { kind: 'fail', error: { code: 'modelRejected', message } };
  }
  if (failures + 1 >= MAX_FAILURES) {
    return {
      kind: 'fail',
      error: {
        code: 'modelUnavailable',
        message: `The model failed ${MAX_FAILURES} times in a row: ${error.message}`,
      },
    };
  }
  return { kind: 'retry', delayMs: retryDelayMs(failures, error.retryAfterMs), reason: error.message };
}

/** What a tool's exception means for the step; null when the model can be told and go on. */
export function judgeToolFailure(error: unknown, failures: number): FailureVerdict | null {
  if (!(error instanceof GitHubError)) return null;
  if (error.code === 'unauthorized') return { kind: 'fail', error: ACCESS_LOST };
  if (!error.retryable) return null;
  if (failures + 1 >= MAX_FAILURES) {
    return {
      kind: 'fail',
      error: { code: 'toolUnavailable', message: `GitHub failed ${MAX_FAILURES} times in a row.` },
    };
  }
  const askedMs = error.retryAfterSeconds === undefined ? undefined : error.retryAfterSeconds * 1000;
  return { kind: 'retry', delayMs: retryDelayMs(failures, askedMs), reason: 'GitHub did not answer.' };
}

/** What a turn asks for next. */
export type TurnVerdict =
  | { kind: 'finish' }
  | { kind: 'goOn'; runCalls: boolean }
  | { kind: 'fail'; error: RunError };

export function judgeTurn(turn: Pick<ModelTurn, 'content' | 'stopReason'>): TurnVerdict {
  switch (turn.stopReason) {
    case 'endTurn':
    case 'toolCalls': {
      const asksForTools = turn.content.some((block) => block.type === 'toolCall');
      return asksForTools ? { kind: 'goOn', runCalls: true } : { kind: 'finish' };
    }
    case 'maxTokens':
      return { kind: 'goOn', runCalls: false };
    case 'pauseTurn':
      return { kind: 'goOn', runCalls: true };
    case 'refusal':
      return {
        kind: 'fail',
        error: { code: 'modelRefused', message: 'The model declined to go on with this task.' },
      };
    case 'contextFull':
      return { kind: 'fail', error: CONTEXT_FULL };
  }
}

/** The newest step that is a turn of the model; a compaction says nothing to anybody. */
export const lastTurn = (steps: readonly HistoryStep[]): HistoryStep | undefined =>
  steps.findLast(({ coversStepNo }) => coversStepNo === null);

/** A last word, or one that what was written was pushed with. */
const isEnd = (step: HistoryStep): boolean => judgeTurn(step).kind === 'finish' || hasPushed(step.calls);

/**
 * Whether the model has said its last word and nobody has said anything since. A run goes on like that when a message came
 * in during its last step and was withdrawn before a worker took it. To ask again would be to send a conversation that ends
 * with the model's own words, which providers refuse.
 */
export function isAnswered({ steps, messages }: Pick<HistoryRun, 'steps' | 'messages'>): boolean {
  const last = lastTurn(steps);
  if (!last?.committed || last.note || !isEnd(last)) return false;
  return messages.every(({ seq }) => seq <= last.deliveredSeq);
}
