import type { Mutant } from '../mutant.ts';

/** Money, steps and the day: what a run may use up, and what its user gives it. */
export const LIMITS: readonly Mutant[] = [
  {
    name: 'extension-lost',
    breaks: 'A run that was given more money goes on, and has no more than before.',
    file: 'store/runs/extend.ts',
    find: '      sql`max_cost_micro_usd = ${cost}`,\n',
    replace: '',
    mix: ['budget/plain'],
  },
  {
    name: 'extension-leaves-waiting',
    breaks: 'A run whose limit was raised goes on waiting for it.',
    file: 'store/runs/extend.ts',
    find: "next: sql`CASE WHEN ${goesOn} THEN 'queued' ELSE status END`,",
    replace: 'next: sql`status`,',
    mix: ['budget/plain'],
  },
  {
    name: 'settled-twice',
    breaks:
      'Whoever touches a run at work settles what its call of the model has reserved, and the commit does again.',
    file: 'store/runs/budget.ts',
    find: "sql`true` : sql`(${move.next}) <> 'running'`",
    replace: 'sql`true` : sql`true`',
    mix: ['budget/extend@model2', 'budget/extend@neon*'],
  },
  {
    name: 'step-past-its-cost',
    breaks: 'A step is begun that costs more than the run has left.',
    file: 'store/runs/budget.ts',
    find: "WHEN held_most > 0 AND held_left < held_least THEN 'cost' END",
    replace: 'END',
    mix: ['budget/plain'],
  },
  {
    name: 'steps-without-end',
    breaks: 'A run takes more steps than it may.',
    file: 'store/runs/budget.ts',
    find: "            WHEN held_steps >= held_max_steps THEN 'steps'\n",
    replace: '',
    mix: ['budget/plain'],
  },
  {
    name: 'day-not-asked',
    breaks: 'A run spends on a day on which nothing may be spent.',
    file: 'store/runs/budget.ts',
    find: "COALESCE(reached, CASE WHEN asks AND day_granted = 0 THEN 'dailyCost' END)",
    replace: 'reached',
    mix: ['budget/plain'],
  },
  {
    name: 'day-wakes-under-known-number',
    breaks: 'E4: a run whose day has room again is dispatched under a number that the queue may know.',
    file: 'store/runs/wake.ts',
    find: 'wake_at = ${NOW}, sweep_no = sweep_no + 1, sweep_after',
    replace: 'wake_at = ${NOW}, sweep_after',
    mix: ['budget/tighten@redis3', 'budget/tighten@neon*'],
  },
  {
    name: 'reserve-passes-twice',
    breaks: 'E3: a worker that repeats a reservation whose answer was lost makes it twice.',
    file: 'store/runs/reserve.ts',
    find: 'guard: sql`${fencedOnce(input)} AND step_no',
    replace: "guard: sql`epoch = ${input.epoch}::int AND status = 'running' AND step_no",
    mix: ['budget/extend@neon13+neon19:answerLost', 'budget/extend@neon13+neon*:answerLost'],
    survives:
      'no model is fallen back on here: without a call that is over, the second reservation gives back the first and takes as much',
  },
];
