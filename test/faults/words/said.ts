import { scriptOf } from '../../support/deliver.ts';

/** What a user says besides the follow-up of their task, when a plan has it. */
export const ADDED = { text: 'How long will it take?', deliver: 'now' } as const;
export const LATER = { text: scriptOf({ text: 'I look back.' }), deliver: 'afterRun' } as const;

/** What a fork is given to do. */
export const FORKED = scriptOf({ text: 'I go on elsewhere.' });

const LATER_REWORDED = scriptOf({ text: 'I look ahead.' });

/** What a message says once its user has changed it: nothing of what it said before. Changed again it stays as it is. */
export const reworded = (text: string): string =>
  text === LATER.text || text === LATER_REWORDED ? LATER_REWORDED : text.toUpperCase();

/** The name of an agent's fork, as the product gives it. */
export const forkOf = (name: string): string => `${name} (fork)`;
