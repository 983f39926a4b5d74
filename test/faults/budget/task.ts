import { scriptOf } from '../../support/deliver.ts';
import type { Task } from '../tasks.ts';

/** A question, so that nothing is done about it should it come when the run has ended and start one of its own. */
const FOLLOW_UP = 'Can you be brief from here on?';

/** The first steps are all that the run may take, and so much it costs to begin one of which nobody has seen the context. */
const FIRST_STEPS = 2;
const FIRST_USD = 0.0105;

/** What its user gives it each time it waits for more. A worker that is lost may take all of it along. */
export const GIVES = { steps: 2, microUsd: 200_000 };

/** A day on which nothing may be spent. */
export const SHUT_DAY_USD = 0.000001;

const note = (value: string) => ({ name: 'remember', input: { key: 'limits', value } });

/**
 * Every limit there is but time: of the day, met by the claim; of cost, met when the context is known; of steps, met by a
 * commit. Nothing else happens, so it is short.
 */
const PROMPT = scriptOf(
  { text: 'I begin.', calls: [note('one')] },
  {
    // Slow enough for a few flushes and a message of the user.
    text: 'Now I think aloud about what all of this is going to cost.',
    chunkDelayMs: 400,
    calls: [note('two')],
  },
  { text: 'That is all.' },
);

export const BUDGET: Task = {
  prompt: PROMPT,
  newAgent: { prompt: PROMPT, tools: ['remember'], maxSteps: FIRST_STEPS, maxCostUsd: FIRST_USD },
  turns: 3,
  followUp: { text: FOLLOW_UP, deliver: 'now' },
  usualFollowUp: 1,
  answer: 'Why not?',
  plainMs: 12_000,
  isDayShut: true,
  deeds: ['extend', 'tighten'],
};
