import { finishRun } from '../store/runs/finish.ts';
import type { Moved } from '../store/runs/move.ts';
import { announce, CANCELLED, PAUSED } from './announce.ts';
import { lastTurn } from './decide.ts';
import type { Engine } from './engine.ts';
import { nextRun } from './next-run.ts';
import { summaryOf } from './step.ts';
import { hear, type Work } from './work.ts';
import { accepted, fence } from './write.ts';

/**
 * Ends a run that has been answered already, without another call of the model; its last step is its summary. A message that
 * has come in since is taken instead, and the run goes on.
 *
 * @throws {LeaseLost} when the run was taken over
 */
export async function finishAnswered(engine: Engine, work: Work): Promise<Moved> {
  const last = lastTurn(work.run.steps);
  const summary = last ? summaryOf(last) : '';
  const written = await finishRun(engine.db, {
    ...fence(work),
    leaseMs: engine.settings.leaseMs,
    inboxSeq: work.inboxSeq,
    outcomes: {
      completed: announce({ type: 'run.completed', data: { summary } }),
      cancelled: CANCELLED(),
      paused: PAUSED(),
    },
    nextRun: nextRun(engine),
  });
  const moved = accepted(engine, work, written);
  await hear(engine, work, moved);
  return moved;
}
