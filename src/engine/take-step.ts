import type { ModelError } from '../models/port.ts';
import { NOT_OFFERED } from '../models/prices.ts';
import type { Moved } from '../store/runs/move.ts';
import { refuseEnd, whatIsMissing } from './acceptance.ts';
import { afford, type EndedCall } from './afford.ts';
import { askModel, nextRequest } from './ask-model.ts';
import { callsOf, carryOut, cutOff, needsPlan } from './carry-out.ts';
import { compact, hasOutgrown, isOutOfRoom } from './compact.ts';
import { judgeModelFailure, judgeTurn } from './decide.ts';
import type { Engine } from './engine.ts';
import { fallBack } from './fallback.ts';
import { askOrAnswer, questionOf } from './question.ts';
import { askForReview } from './review.ts';
import {
  commit,
  decline,
  loseAccess,
  loseKey,
  loseModel,
  plan,
  putOffModel,
  putOffTool,
  stop,
} from './settle-step.ts';
import { adoptPlan, stepFrom } from './step.ts';
import { timeTools } from './step-log.ts';
import { plannedStep, type Work } from './work.ts';

/**
 * The life of a step: make room if the conversation has none left, which is a step of its own; ask the model (or take up what an earlier worker planned), write the plan down if a call has effects
 * or needs the user's word, carry the calls out, commit. A turn that asks the user waits for the answer instead. Each arm ends in one statement; the answer is the run as that statement left it.
 *
 * @param isLast asked when the step is committed: whether the delivery hands the run over then
 * @throws {LeaseLost} when the run was taken over
 */
export async function takeStep(engine: Engine, work: Work, isLast: () => boolean): Promise<Moved> {
  if (work.context.repository && !work.github) return loseAccess(engine, work);
  if (work.model === NOT_OFFERED) return loseModel(engine, work);
  if (work.ownKey === undefined) return loseKey(engine, work);
  const earlier = plannedStep(work);
  const inTime =
    !earlier && (work.context.outgrown || isOutOfRoom(work)) ? await compact(engine, work, isLast) : null;
  if (inTime) return inTime;
  const answer = earlier ? ({ kind: 'planned', step: earlier } as const) : await ask(engine, work);
  if (answer.kind === 'moved') return answer.moved;
  const tooLate = hasOutgrown(answer) ? await compact(engine, work, isLast, answer) : null;
  if (tooLate) return tooLate;
  if (answer.kind === 'cancelled') return stop(engine, work, answer);
  if (answer.kind === 'failed') {
    return putOffModel(engine, work, answer, judgeModelFailure(answer.error, work.failures));
  }
  const step = answer.kind === 'planned' ? adoptPlan(answer.step) : stepFrom(engine, work, answer);

  const verdict = judgeTurn(step.row);
  if (verdict.kind === 'fail') return decline(engine, work, step, verdict.error);

  const calls = callsOf(engine, work, step);
  const runCalls = verdict.kind === 'goOn' && verdict.runCalls;
  work.measured.toolCalls = calls.length;
  const asking = runCalls ? questionOf(calls) : null;
  if (asking) return askOrAnswer(engine, work, step, asking, isLast);
  if (runCalls && needsPlan(calls)) {
    const planned = await plan(engine, work, step, calls);
    if (planned && planned.status !== 'running') return planned;
  }

  const done = runCalls
    ? await timeTools(engine, work, () => carryOut(engine, work, calls, step))
    : cutOff(calls);
  if (done.kind === 'interrupted') {
    await plan(engine, work, step, calls);
    return putOffTool(engine, work, done);
  }
  if (done.kind === 'unknown') return askForReview(engine, work, done);
  const missing = verdict.kind === 'finish' ? await whatIsMissing(work) : null;
  if (missing !== null) return refuseEnd(engine, work, step, missing, isLast);
  const intent = verdict.kind === 'finish' ? 'finish' : isLast() ? 'handOver' : 'continue';
  return commit(engine, work, step, calls, done, intent);
}

/** Asks the model, if the run can pay for it; while it is away, those that the agent falls back on. */
async function ask(engine: Engine, work: Work, outage?: Outage) {
  const request = nextRequest(work);
  const afforded = await afford(engine, work, request, outage ? { ended: outage.ended } : {});
  if (afforded.kind === 'moved') return afforded;
  const { promptTokens, maxOutputTokens } = afforded;
  const answer = { ...(await askModel(engine, work, request, maxOutputTokens)), promptTokens };
  if (answer.kind !== 'failed') return answer;
  const ended = await fallBack(engine, work, answer);
  if (ended) return ask(engine, work, { error: answer.error, ended });
  // What a fallback refuses is no reason to give the run up: its own model will be back.
  const isFinal = answer.error.retryable || answer.error.contextFull || !outage;
  return isFinal ? answer : { ...answer, error: outage.error };
}

/** The model that was asked first is away. */
interface Outage {
  error: ModelError;
  ended: EndedCall;
}
