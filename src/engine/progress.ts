import type { NewEvent } from '../store/runs/move.ts';

/** How far a step brought the plan: what is done of it, in hundredths, and half of what is under way. Nothing without a plan. */
export function progressIn(events: readonly NewEvent[]): { progress?: number } {
  const shown = events.findLast((event) => event.type === 'plan.updated');
  if (shown === undefined) return {};
  const { steps } = shown.data;
  const done = steps.reduce((sum, { status }) => sum + WEIGHT[status], 0);
  return { progress: Math.floor((100 * done) / steps.length) };
}

const WEIGHT = { pending: 0, inProgress: 0.5, done: 1 };
