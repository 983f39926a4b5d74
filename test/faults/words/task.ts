import { scriptOf } from '../../support/deliver.ts';
import { MARKED_BODY, WEB_ORIGIN } from '../effects/task.ts';
import type { Task } from '../tasks.ts';

const CIRCLE = { calls: [{ name: 'remember', input: { key: 'words', value: 'the same' } }] };

/**
 * Every way of talking to a run: it goes round in circles and is told how to go on; it would ask, but its user has just said
 * something; it waits for their word on a call, which is marked, so that it may come to a review.
 */
const PROMPT = scriptOf(
  CIRCLE,
  CIRCLE,
  CIRCLE,
  {
    // Slow enough for a few flushes and a message of the user.
    text: 'Now I think aloud about which of the two it is to be.',
    chunkDelayMs: 400,
    calls: [{ name: 'ask_user', input: { question: 'Which one?', choices: ['The first', 'The second'] } }],
  },
  {
    calls: [
      {
        name: 'http_request',
        input: {
          method: 'POST',
          url: `${WEB_ORIGIN}/notes`,
          headers: { 'content-type': 'application/json' },
          body: MARKED_BODY,
        },
      },
    ],
  },
  { text: 'That is all.' },
);

export const WORDS: Task = {
  prompt: PROMPT,
  newAgent: {
    prompt: PROMPT,
    tools: ['remember', 'ask_user', 'http_request'],
    policies: { http_request: 'ask' },
  },
  turns: 6,
  followUp: { text: 'Can you be brief from here on?', deliver: 'now' },
  usualFollowUp: 3,
  answer: 'Why not the second one?',
  plainMs: 15_000,
  deeds: ['edit', 'withdraw', 'fork'],
};

/** The calls of the task when nothing but faults befalls it. */
export const CALLS = ['remember', 'remember', 'remember', 'ask_user', 'marked'];
