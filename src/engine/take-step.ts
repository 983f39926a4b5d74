import { NOT_OFFERED } from '../models/prices.ts';
import type { Moved } from '../store/runs/move.ts';
import { accept, end, whyGivenUp } from './acceptance.ts';
import { afford, type EndedCall } from './afford.ts';
import { askModel, nextRequest } from './ask-model.ts';
import { callsOf, carryOut, cutOff, needsPlan } from './carry-out.ts';
import { compact, hasOutgrown } from './compact.ts';
import { handedIn, refusedPlan } from './dag/judge-plan.ts';
import { judgeModelFailure, judgeTurn } from './decide.ts';
import { delegate } from './delegate.ts';
import type { Engine } from './engine.ts';
import { comeBack, fallBack, lastingError } from './fallback.ts';
import { hasPushed, refusedPush, withPush } from './push.ts';
import { askOrAnswer, questionOf } from './question.ts';
import { askForReview } from './review.ts';
import { isOutOfRoom } from './room.ts';
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
  await comeBack(engine, work);
  if (work.context.repository && !work.github) return loseAccess(engine, work);
  if (work.model === NOT_OFFERED) return loseModel(engine, work);
  if (work.ownKey === undefined) return loseKey(engine, work);
  const earlier = plannedStep(work);
  const inTime =
    !earlier && (work.context.outgrown || isOutOfRoom(work, work.model))
      ? await compact(engine, work, isLast)
      : null;
  if (inTime) return inTime;
  const answer = earlier ? ({ kind: 'planned', step: earlier } as const) : await ask(engine, work);
  if (answer.kind === 'moved') return answer.moved;
  const tooLate = hasOutgrown(answer) ? await compact(engine, work, isLast, answer) : null;
  if (tooLate) return tooLate;
  if (answer.kind === 'cancelled') return stop(engine, work, answer);
  if (answer.kind === 'failed') {
    return putOffModel(
      engine,
      work,
      answer,
      judgeModelFailure(answer.error, work.failures, work.context.outputSchema !== null),
    );
  }
  const turn = answer.kind === 'planned' ? adoptPlan(answer.step) : stepFrom(engine, work, answer);

  const verdict = judgeTurn(turn.row);
  if (verdict.kind === 'fail') return decline(engine, work, turn, verdict.error);
  const wantsToEnd = verdict.kind === 'finish' && work.context.planning === null;
  const accepted = wantsToEnd ? await accept(work) : null;
  const pushes = accepted?.kind === 'ok' && work.context.pushTo !== null;
  if (accepted && !pushes) return end(engine, work, turn, accepted, isLast);
  const step = pushes ? withPush(work, turn) : turn;

  const calls = callsOf(engine, work, step);
  const runCalls = pushes || (verdict.kind === 'goOn' && verdict.runCalls);
  work.measured.toolCalls = calls.length;
  const asking = runCalls ? questionOf(calls) : null;
  if (asking) return askOrAnswer(engine, work, step, asking, isLast);
  if (runCalls && needsPlan(calls)) {
    const planned = await plan(engine, work, step, calls);
    if (planned && planned.status !== 'running') return planned;
  }

  const waiting = runCalls ? await delegate(engine, work, step, calls) : null;
  if (waiting) return waiting;

  const done = runCalls
    ? await timeTools(engine, work, () => carryOut(engine, work, calls, step))
    : cutOff(calls);
  if (done.kind === 'interrupted') {
    await plan(engine, work, step, calls);
    return putOffTool(engine, work, done);
  }
  if (done.kind === 'unknown') return askForReview(engine, work, done);
  const dag = handedIn(work, done);
  const error = refusedPlan(work, step, done) ?? refusedPush(work, done.rows) ?? whyGivenUp(work, done.rows);
  const intent =
    dag || hasPushed(done.rows) ? 'finish' : error ? { error } : isLast() ? 'handOver' : 'continue';
  return commit(engine, work, step, calls, done, intent, dag);
}

/**
 * Asks the model, if the run can pay for it; while it is away, those that the agent falls back on.
 *
 * @param earlier the call that this one takes the place of, and whether followers have read anything of this step
 */
async function ask(
  engine: Engine,
  work: Work,
  { ended, isBegun = false }: { ended?: EndedCall; isBegun?: boolean } = {},
) {
  const request = nextRequest(work);
  const afforded = await afford(engine, work, request, { ended });
  if (afforded.kind === 'moved') return afforded;
  const { promptTokens, maxOutputTokens } = afforded;
  // An attempt has one text for its followers. What comes after a broken one they read when it is committed.
  const asked = await askModel(engine, work, request, { maxOutputTokens, isHeard: !isBegun });
  const answer = { ...asked, promptTokens };
  if (answer.kind !== 'failed') return answer;
  const broken = await fallBack(engine, work, answer);
  if (broken) return ask(engine, work, { ended: broken, isBegun: isBegun || answer.text !== '' });
  return { ...answer, error: lastingError(work, answer.error) };
}
