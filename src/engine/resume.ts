import { type AskedAnew, resumeRun } from '../store/runs/control.ts';
import type { Moved } from '../store/runs/move.ts';
import { RESUMED, WAITS_FOR_CHILDREN, WAITS_FOR_INPUT } from './announce.ts';
import { askAnew } from './ask-anew.ts';
import { APPROVAL_TTL_MS } from './decide.ts';
import type { Engine } from './engine.ts';

/** How often what is open is read again because it changed meanwhile. */
const TRIES = 3;

/**
 * Lets a paused run go on, or wait for what it waited for. What is open is read first, so that each of it can be told; the
 * statement refuses when it is not that any more.
 *
 * @returns null when there was nothing to resume
 */
export async function resume(engine: Pick<Engine, 'db' | 'now'>, runId: string): Promise<Moved | null> {
  let last: AskedAnew | null = null;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const asked = await askAnew(engine, runId);
    if (last && isSame(asked, last)) return null;
    const moved = await resumeRun(engine.db, {
      runId,
      operationId: crypto.randomUUID(),
      event: RESUMED(),
      asked,
      waitsForInput: WAITS_FOR_INPUT(),
      waitsForChildren: WAITS_FOR_CHILDREN(),
      approvalTtlMs: APPROVAL_TTL_MS,
    });
    if (moved) return moved;
    last = asked;
  }
  return null;
}

const isSame = (one: AskedAnew, other: AskedAnew): boolean =>
  one.approvalIds.join() === other.approvalIds.join();
