import type { Charge } from '../store/runs/budget.ts';
import type { Moved, NewEvent } from '../store/runs/move.ts';
import { reserveMore } from '../store/runs/reserve.ts';
import { BUDGET_SPEECH, CANCELLED, PAUSED } from './announce.ts';
import type { Request } from './ask-model.ts';
import type { Engine } from './engine.ts';
import { firstStep, outputFor, promptBound, stepCost } from './step-cost.ts';
import type { Work } from './work.ts';
import { accepted, fence } from './write.ts';

/** A call of the model that is over, and whose cost is settled before the next one is made. */
export interface EndedCall {
  /** The conversation has outgrown the model: whoever comes next sums it up first. */
  outgrown?: true;
  charge: Charge;
  events: NewEvent[];
}

/** A call of the model that its reservation covers, whatever its prompt turns out to have and however much it writes. */
export interface Afforded {
  kind: 'afforded';
  promptTokens: number;
  maxOutputTokens: number;
}

/**
 * Caps what the model may write so that the call costs no more than was reserved for it. The claim of a run that has not begun
 * could not know its context, and whoever reserved for a later step not what its user has said since: where that is too
 * little, this asks for more, and the run waits if it may not have it.
 *
 * @param options.isCounted whether the request goes on with the conversation that the run's last turn has counted
 * @param options.ended another call that this one takes the place of
 * @returns the run as that left it, when it is not to go on
 * @throws {LeaseLost} when the run was taken over
 */
export async function afford(
  engine: Engine,
  work: Work,
  request: Request,
  { isCounted = true, ended }: { isCounted?: boolean; ended?: EndedCall | undefined } = {},
): Promise<Afforded | { kind: 'moved'; moved: Moved }> {
  const { model } = work;
  const promptTokens = promptBound(model, request, isCounted ? work.run : { steps: [] });
  const need = stepCost(model, promptTokens);
  const isGuess = work.stepNo === 1 && work.reservedMicroUsd === firstStep(model).mostMicroUsd;
  const isEnough = work.reservedMicroUsd >= (isGuess ? need.mostMicroUsd : need.leastMicroUsd);
  if (!isEnough || ended) {
    const written = await reserveMore(engine.db, {
      ...fence(work),
      stepNo: work.stepNo,
      leaseMs: engine.settings.leaseMs,
      ...ended,
      budget: {
        dailyLimitMicroUsd: engine.settings.dailyLimitMicroUsd,
        speech: BUDGET_SPEECH,
        nextStep: need,
      },
      outcomes: { cancelled: CANCELLED(), paused: PAUSED() },
    });
    const moved = accepted(engine, work, written);
    if (moved.status !== 'running') return { kind: 'moved', moved };
    work.reservedMicroUsd = moved.reservedMicroUsd;
  }
  const maxOutputTokens = outputFor(model, promptTokens, work.reservedMicroUsd);
  if (maxOutputTokens === null) throw new Error('a reservation that was granted covers no answer');
  return { kind: 'afforded', promptTokens, maxOutputTokens };
}
