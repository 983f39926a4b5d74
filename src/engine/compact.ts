import { turnMicroUsd } from '../models/prices.ts';
import type { HistoryRun } from '../store/runs/history.ts';
import type { Moved } from '../store/runs/move.ts';
import type { EndedCall } from './afford.ts';
import { announce } from './announce.ts';
import { type Answer, nextRequest } from './ask-model.ts';
import { chooseCover } from './compaction.ts';
import { judgeModelFailure, judgeTurn } from './decide.ts';
import type { Engine } from './engine.ts';
import { entriesOf, tokensOf } from './room.ts';
import { commit, decline, interrupted, putOffModel, stop } from './settle-step.ts';
import { type Step, stepFrom, textOf } from './step.ts';
import { promptBound } from './step-cost.ts';
import { summarise } from './summarise.ts';
import type { Work } from './work.ts';

/** An answer of the provider that the conversation is too long, before the model's turn or in its middle. */
type Outgrown = Extract<Answer, { kind: 'turn' | 'failed' }>;

export const hasOutgrown = (answer: Answer | { kind: 'planned' }): answer is Outgrown =>
  answer.kind === 'turn'
    ? answer.turn.stopReason === 'contextFull'
    : answer.kind === 'failed' && answer.error.contextFull;

/**
 * Takes a step in which older turns give way to a summary. It is committed like any other; until then nothing has happened.
 *
 * @param outgrown what the model gave when it was asked first. It is paid for and stays readable, and is no turn
 * @returns null when there is nothing to sum up, or that was done just now
 * @throws {LeaseLost} when the run was taken over
 */
export async function compact(
  engine: Engine,
  work: Work,
  isLast: () => boolean,
  outgrown?: Outgrown,
): Promise<Moved | null> {
  const entries = entriesOf(work);
  const cover = chooseCover(entries, work.run);
  if (!cover) return null;
  const tokensBefore = tokensOf(work, entries);
  const reply = await summarise(engine, work, cover.entries, outgrown && endOf(work, outgrown));
  if (reply.kind === 'moved') return reply.moved;
  if (reply.kind === 'cancelled') return stop(engine, work, { ...reply, isSilent: true });
  if (reply.kind === 'failed') {
    const verdict = judgeModelFailure(reply.error, work.failures);
    return putOffModel(engine, work, { ...reply, isSilent: true }, verdict);
  }
  const step = stepFrom(engine, work, { ...reply, deliveredSeq: cover.deliveredSeq });
  step.row.coversStepNo = cover.stepNo;
  const verdict = judgeTurn(reply.turn);
  // One that was cut short serves all the same.
  if (verdict.kind === 'fail' && reply.turn.stopReason === 'refusal') {
    return decline(engine, work, step, verdict.error);
  }
  step.tokens = boundAfter(work, step);
  const coveredSteps = cover.entries.filter(({ kind }) => kind === 'turn').length;
  const data = { stepNo: work.stepNo, coveredSteps, tokensBefore };
  const done = { kind: 'done' as const, rows: [], events: [announce({ type: 'context.compacted', data })] };
  return commit(engine, work, step, [], done, isLast() ? 'handOver' : 'continue');
}

/** A turn that ended where the model's context does is paid for; a prompt that was refused costs nothing. */
function endOf(work: Work, outgrown: Outgrown): EndedCall | undefined {
  if (outgrown.kind === 'failed') return undefined;
  return {
    outgrown: true,
    charge: { microUsd: turnMicroUsd(work.model, outgrown.turn), isEstimate: false },
    events: interrupted(work, textOf(outgrown.turn)),
  };
}

/** The most that the prompt behind a compaction has: what the summary itself took says nothing of it. */
function boundAfter(work: Work, { row, tokens }: Step): number {
  const run: HistoryRun = {
    ...work.run,
    steps: [...work.run.steps, { ...row, answeredSeq: null, tokens, committed: true, calls: [] }],
  };
  const runs = [...work.context.runs.slice(0, -1), run];
  return promptBound(
    work.model,
    nextRequest({ context: { ...work.context, runs }, inboxSeq: work.inboxSeq }),
    run,
  );
}
