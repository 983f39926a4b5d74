import type { Mutant } from '../mutant.ts';

/** Runs that delegate: their sub-agents are made once, are joined when all have ended, and go the way of their run. */
export const DELEGATE: readonly Mutant[] = [
  {
    name: 'delegate-joins-early',
    breaks: 'A run goes on as soon as one of its sub-agents has something to tell.',
    file: 'engine/dag/follow-node.ts',
    find: 'if (parentRunId !== null && OVER.includes(status)) await tellParent',
    replace: 'if (parentRunId !== null && !OVER.includes("")) await tellParent',
    mix: ['dag/family3'],
  },
  {
    name: 'delegate-join-is-not-guarded',
    breaks: 'E1: a run is told of the end of its sub-agents again and again.',
    file: 'store/runs/children.ts',
    find: 'AND child_execution_id = ${input.executionId}::text AND NOT child_joined`',
    replace: 'AND child_execution_id = ${input.executionId}::text`',
    mix: ['dag/family3', 'dag/family3@25'],
  },
  {
    name: 'delegate-join-is-not-swept',
    breaks: 'E4: a run waits for ever when who saw its last sub-agent end dies before saying so.',
    file: 'engine/dag/sweep.ts',
    find: 'if (parentRunId !== null) await tellParent(engine, parentRunId, executionId);',
    replace: 'void tellParent;',
    mix: ['dag/family3@25', 'dag/family3/seed2@25', 'dag/family3/seed3@25', 'dag/family3/seed4@25'],
  },
  {
    name: 'delegate-beginning-is-not-swept',
    breaks: 'E4: sub-agents never begin when the worker dies that has made them.',
    file: 'engine/dag/sweep.ts',
    find: 'else if (parentRunId !== null) await heed(engine, executionId);',
    replace: 'else if (parentRunId !== null) void heed;',
    mix: ['dag/family3@25', 'dag/family3/seed2@25', 'dag/family3/seed3@25', 'dag/family3/seed4@25'],
  },
  {
    name: 'delegate-cancel-stops-at-the-run',
    breaks: 'A cancel does not reach the sub-agents of the run.',
    file: 'engine/dag/follow-node.ts',
    find: "case 'stop':\n      return stopExecution(engine, executionId);",
    replace: "case 'stop':\n      return;",
    mix: ['dag/family3!3'],
  },
];
