import { CANCELLED, PAUSED, RESUMED, WAITS_FOR_INPUT } from '../../engine/announce.ts';
import { APPROVAL_TTL_MS } from '../../engine/decide.ts';
import type { Run } from '../../store/run-reads.ts';
import { cancelRun, pauseRun, resumeRun } from '../../store/runs/control.ts';
import type { Moved } from '../../store/runs/move.ts';
import { askAnew } from '../approvals/ask-anew.ts';
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
  await act(context, { organisationId, runId }, action);
  return getRun(context, { organisationId, runId });
}

interface RunOfUser {
  organisationId: string;
  runId: string;
}

async function act(context: Context, run: RunOfUser, action: RunAction): Promise<void> {
  const { db, live } = context;
  const { runId } = run;
  const operation = { runId, operationId: crypto.randomUUID() };
  switch (action) {
    case 'pause': {
      const moved = await pauseRun(db, { ...operation, event: PAUSED() });
      if (moved) await tellOfMove(context, moved);
      return;
    }
    case 'resume': {
      const moved = await resume(context, run);
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

/** How often what is open is read again because it changed meanwhile. */
const RESUME_TRIES = 3;

/** What is open is read first, so that each of it can be told; the statement refuses when it is not that any more. */
async function resume(context: Context, run: RunOfUser): Promise<Moved | null> {
  const { runId } = run;
  for (let attempt = 1; ; attempt++) {
    const moved = await resumeRun(context.db, {
      runId,
      operationId: crypto.randomUUID(),
      event: RESUMED(),
      asked: await askAnew(context, runId),
      waitsForInput: WAITS_FOR_INPUT(),
      approvalTtlMs: APPROVAL_TTL_MS,
    });
    if (moved || attempt === RESUME_TRIES) return moved;
    if ((await getRun(context, run)).status !== 'paused') return null;
  }
}
