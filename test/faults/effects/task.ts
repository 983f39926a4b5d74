import { scriptOf } from '../../support/deliver.ts';
import type { Task } from '../tasks.ts';

/** Where the agent's requests to the web go; the world has it in this process. */
export const WEB_ORIGIN = 'https://hooks.cadence-orders.com';

/** The one issue that the world seeds in the sample repository. */
export const ISSUE = 1;
export const LABEL = 'triaged';
export const BRANCH = 'hotfix/orders';
export const COMMENT = 'I am looking into it.';
export const MEMORY = { key: 'reviewer', value: 'Ada reviews what touches orders' };
export const KEYED_BODY = '{"order":7}';
export const MARKED_BODY = '{"note":"order 7 is under way"}';

/** A question, so that nothing is done about it should it come when nothing waits for it and start a run of its own. */
const ANSWER = 'Why not the second one?';

/** What the run that waits behind the first one does: it says one sentence. */
export const LATER = scriptOf({ text: 'I look at what I remember.' });

const post = (path: string, body: string) => ({
  method: 'POST',
  url: `${WEB_ORIGIN}${path}`,
  headers: { 'content-type': 'application/json' },
  body,
});

/**
 * Every kind of effect, and every wait: for an approval, an answer, a review where an answer of the web was lost. In the step after
 * the slow turn a marked request stands before a keyed one, which therefore waits while the first is in review.
 */
const PROMPT = scriptOf(
  {
    text: 'I look what there is.',
    calls: [
      { name: 'http_request', input: { method: 'GET', url: `${WEB_ORIGIN}/orders/7` } },
      { name: 'remember', input: { key: MEMORY.key, value: 'Bob' } },
    ],
  },
  {
    calls: [
      { name: 'create_branch', input: { name: BRANCH } },
      { name: 'add_label', input: { issue: ISSUE, labels: [LABEL] } },
      { name: 'remember', input: MEMORY },
    ],
  },
  { calls: [{ name: 'comment', input: { issue: ISSUE, body: COMMENT } }] },
  { calls: [{ name: 'ask_user', input: { question: 'Which one?', choices: ['The first', 'The second'] } }] },
  {
    // Slow enough for a heartbeat, a dozen flushes and a message of the user.
    text: 'Now I think aloud about the order that is to be sent, which takes me a while. '.repeat(2),
    chunkDelayMs: 400,
    calls: [
      { name: 'http_request', input: post('/notes', MARKED_BODY) },
      { name: 'http_request', input: { ...post('/orders', KEYED_BODY), idempotencyKey: true } },
    ],
  },
  { text: 'That is all.' },
);

/** Commenting needs the user's word, and so do two calls of one step. */
export const EFFECTS: Task = {
  prompt: PROMPT,
  newAgent: {
    prompt: PROMPT,
    repository: 'demo/todo-api',
    tools: ['create_branch', 'add_label', 'comment', 'http_request', 'remember', 'ask_user'],
    policies: { create_branch: 'ask', add_label: 'ask', comment: 'ask', http_request: 'always' },
  },
  turns: 6,
  followUp: { text: LATER, deliver: 'afterRun' },
  usualFollowUp: 4,
  answer: ANSWER,
  plainMs: 20_000,
};

/** The calls of the task, each named as `kindOf` names it. */
export const CALLS = [
  'GET',
  'remember',
  'create_branch',
  'add_label',
  'remember',
  'comment',
  'ask_user',
  'marked',
  'keyed',
];
