import type { ModelTurn, ModelUsage } from '../models/port.ts';
import { turnMicroUsd } from '../models/prices.ts';
import type { Moved } from '../store/runs/move.ts';
import type { Engine } from './engine.ts';
import { LeaseLost } from './heartbeat.ts';
import type { Work } from './work.ts';

/** What a step took, filled in while it is taken. */
export interface Measured extends ModelUsage {
  costMicroUsd: number;
  modelMs: number;
  toolCalls: number;
  toolsMs: number;
}

export const nothingMeasured = (): Measured => ({
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costMicroUsd: 0,
  modelMs: 0,
  toolCalls: 0,
  toolsMs: 0,
});

/** Carries tools out and adds what that took, also when it fails. */
export async function timeTools<T>(
  engine: Engine,
  { measured }: Work,
  carryOut: () => Promise<T>,
): Promise<T> {
  const startedAt = engine.now();
  try {
    return await carryOut();
  } finally {
    measured.toolsMs += engine.now() - startedAt;
  }
}

/** Adds a turn of the model. A step has more than one when the conversation is summed up on its way. */
export function countTokens({ measured, model }: Work, turn: ModelTurn): void {
  const { usage } = turn;
  measured.inputTokens += usage.inputTokens;
  measured.outputTokens += usage.outputTokens;
  measured.cacheReadTokens += usage.cacheReadTokens;
  measured.cacheWriteTokens += usage.cacheWriteTokens;
  measured.costMicroUsd += turnMicroUsd(model, turn);
}

/**
 * Takes a step and writes one line about it, whatever comes of it: numbers and names of ours, nothing that a user, a model or
 * a tool has said. `outcome` is `committed`, or what the run became instead.
 */
export async function logStep(engine: Engine, work: Work, take: () => Promise<Moved>): Promise<Moved> {
  const startedAt = engine.now();
  work.measured = nothingMeasured();
  const { runId, agentId, stepNo, epoch, context } = work;
  const write = (outcome: string, status?: Moved['status']) => {
    engine.log.info('step', {
      runId,
      agentId,
      stepNo,
      epoch,
      provider: context.provider,
      model: context.model,
      ...work.measured,
      durationMs: engine.now() - startedAt,
      outcome,
      status,
    });
  };
  try {
    const moved = await take();
    write(moved.stepNo >= stepNo ? 'committed' : moved.status, moved.status);
    return moved;
  } catch (error) {
    write(error instanceof LeaseLost ? 'leaseLost' : 'error');
    throw error;
  }
}
