import { CANCELLED, PAUSED, RESUMED, WAITS_FOR_APPROVAL } from '../../engine/announce.ts';
import { APPROVAL_TTL_MS } from '../../engine/decide.ts';
import type { Run } from '../../store/run-reads.ts';
import { cancelRun, pauseRun, resumeRun } from '../../store/runs/control.ts';
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
  { userId, runId, action }: { userId: string; runId: string; action: RunAction },
): Promise<Run> {
  await getRun(context, { userId, runId });
  await act(context, runId, action);
  return getRun(context, { userId, runId });
}

async function act(context: Context, runId: string, action: RunAction): Promise<void> {
  const { db, live } = context;
  const operation = { runId, operationId: crypto.randomUUID() };
  switch (action) {
    case 'pause': {
      const moved = await pauseRun(db, { ...operation, event: PAUSED() });
      if (moved) await tellOfMove(context, moved);
      return;
    }
    case 'resume': {
      const moved = await resumeRun(db, {
        ...operation,
        event: RESUMED(),
        waiting: WAITS_FOR_APPROVAL(new Date(context.now().getTime() + APPROVAL_TTL_MS).toISOString()),
        approvalTtlMs: APPROVAL_TTL_MS,
      });
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
