import { comparison } from '../comparison.ts';
import type { Ledger } from '../ledger.ts';
import type { Simulation } from '../simulation.ts';
import { TASKS } from '../tasks.ts';

/**
 * What is wrong with the money: what the model asked for, counted where its answers come from, is in the cost of the runs, and in
 * a run in which no call was broken off it is exactly that. That no run passes its limits is seen at each of its changes.
 */
export function judgeBudget(
  { plan, runs, billedMicroUsd, struckAt, deedsDone }: Simulation,
  ended: readonly Ledger[],
): string[] {
  const { wrong, expect } = comparison();
  const counted = [...runs.values()].reduce((sum, { row }) => sum + row.cost_micro_usd, 0);
  if (billedMicroUsd > counted)
    wrong.push(`the model asked for ${billedMicroUsd}, and ${counted} are counted`);
  const isBrokenOff = struckAt.length > 0 || deedsDone.some((deed) => deed === 'cancel' || deed === 'retry');
  if (!isBrokenOff) expect('what the run has cost', counted, billedMicroUsd);
  // What is said in the last turn makes the model take another.
  const isSaidLast = plan.followUpAfter === TASKS.budget.turns - 1;
  if (isBrokenOff || isSaidLast || deedsDone.length > 0) return wrong;
  expect(
    'steps',
    ended.map(({ steps }) => steps.length),
    [TASKS.budget.turns],
  );
  return wrong;
}
