import { CANCELLED, PAUSED } from '../../engine/announce.ts';
import { resume } from '../../engine/resume.ts';
import type { Run } from '../../store/run-reads.ts';
import { cancelRun, pauseRun } from '../../store/runs/control.ts';
import type { Context } from '../context.ts';
import { getRun } from './get-run.ts';
import { tellOfMove } from './tell.ts';

export const RUN_ACTIONS = ['pause', 'resume', 'cancel'] as const;
export type RunAction = (typeof RUN_ACTIONS)[number];

/**
 * Pauses, resumes or cancels a run, from whatever state it is in. What does not apply changes nothing, so repeating it is
 * harmless; a running one heeds it at its next commit, or within a second for a cancel.
 *
 * @returns the run as it is then
 * @throws {AppError} notFound
 */
export async function controlRun(
  context: Context,
  { organisationId, runId, action }: { organisationId: string; runId: string; action: RunAction },
): Promise<Run> {
  await getRun(context, { organisationId, runId });
  await act(context, runId, action);
  return getRun(context, { organisationId, runId });
}

async function act(context: Context, runId: string, action: RunAction): Promise<void> {
  const { db, engine, live } = context;
  const operation = { runId, operationId: crypto.randomUUID() };
  switch (action) {
    case 'pause': {
      const moved = await pauseRun(db, { ...operation, event: PAUSED() });
      if (moved) await tellOfMove(context, moved);
      return;
    }
    case 'resume': {
      const moved = await resume(engine, runId);
      if (moved) await tellOfMove(context, moved);
      return;
    }
    case 'cancel': {
      const moved = await cancelRun(db, { ...operation, event: CANCELLED() });
      if (moved) await Promise.all([tellOfMove(context, moved), live.requestCancel(runId)]);
      return;
    }
  }
}
