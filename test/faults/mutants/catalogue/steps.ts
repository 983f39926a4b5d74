import type { Mutant } from '../mutant.ts';

/** Steps: planned once, committed once, and never made of half an answer (E3, E11). */
export const STEPS: readonly Mutant[] = [
  {
    name: 'commit-without-step-number',
    breaks: 'E3: a repetition of a commit counts the step twice.',
    file: 'store/runs/step.ts',
    find: 'const guard = sql`${fenced(input)} AND step_no = ${step.stepNo - 1}::int`;',
    replace: 'const guard = fenced(input);',
    mix: ['neon11:answerLost', 'neon*:answerLost'],
  },
  {
    name: 'planned-step-asked-again',
    breaks: 'The model is asked again for a step whose effects may have begun.',
    file: 'engine/work.ts',
    find: 'stepNo === work.stepNo && !committed);',
    replace: 'stepNo === work.stepNo && !committed && false);',
    mix: ['neon11:crashBefore', 'neon*:crashBefore'],
  },
  {
    name: 'effects-before-plan',
    breaks: 'A worker that dies after an effect leaves nothing behind that tells of it.',
    file: 'engine/take-step.ts',
    find: 'if (runCalls && needsPlan(calls)) {',
    replace: 'if (runCalls && !needsPlan(calls)) {',
    mix: ['github13:crashAfter', 'github*:crashAfter'],
  },
  {
    name: 'plan-without-step-number',
    breaks: 'E3: a repetition of a plan accounts for its turn twice.',
    file: 'store/runs/step.ts',
    find: '    guard: sql`${fenced(input)} AND step_no = ${input.step.stepNo - 1}::int`,',
    replace: '    guard: fenced(input),',
    mix: ['neon10:answerLost', 'neon18:answerLost', 'neon20:gatewayLost'],
    survives:
      'the key of `steps` refuses the row of a second plan, and the read-back finds that the first one is ours',
  },
  {
    name: 'planned-step-paid-twice',
    breaks: 'The turn of a planned step is accounted for with the plan and again with the commit.',
    file: 'store/runs/step.ts',
    find: '...(input.planned ? [] : account(step)),',
    replace: '...account(step),',
    mix: [],
  },
  {
    name: 'interrupted-stream-is-a-turn',
    breaks: 'E11: calls of a turn run whose stream broke off.',
    file: 'models/anthropic-turn.ts',
    find: 'if (!stopped || stopReason === null) {',
    replace: "stopReason ??= 'end_turn';\n      if (stopReason === null) {",
    mix: ['model1:garbled', 'model*:garbled'],
  },
  {
    name: 'failure-ends-the-run',
    breaks: 'A service that is away for a moment fails the run.',
    file: 'engine/decide.ts',
    find: 'export const MAX_FAILURES = 20;',
    replace: 'export const MAX_FAILURES = 1;',
    mix: ['model1:status500'],
  },
];
