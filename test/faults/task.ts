import { scriptOf } from '../support/deliver.ts';
import type { Task } from './tasks.ts';

/** A question, so that nothing is done about it should it come when the run has ended and start one of its own. */
export const FOLLOW_UP = 'Can you be brief from here on?';

/**
 * The reference task: every kind of step there is. Two steps a delivery, so it is handed over three times, once with
 * an edit that is not committed yet.
 */
const PROMPT = scriptOf(
  {
    text: 'I look around.',
    calls: [
      { name: 'list_files', input: {} },
      { name: 'read_file', input: { path: 'README.md' } },
      { name: 'search_code', input: { pattern: 'listen' } },
    ],
  },
  {
    calls: [
      { name: 'read_file', input: { path: 12 } },
      { name: 'no_such_tool', input: {} },
    ],
  },
  {
    text: 'I write a note.',
    calls: [
      { name: 'write_file', input: { path: 'NOTES.md', content: 'one\n' } },
      { name: 'commit', input: { message: 'Add notes' } },
    ],
  },
  {
    // Slow enough for a heartbeat, a dozen flushes and a message of the user.
    text: 'Now I think aloud about the second note, which takes me a while. '.repeat(2),
    chunkDelayMs: 400,
    calls: [
      { name: 'edit_file', input: { path: 'NOTES.md', oldText: 'one\n', newText: 'one\ntwo\n' } },
      { name: 'update_plan', input: { steps: [{ title: 'Commit', status: 'inProgress' }] } },
    ],
  },
  { calls: [{ name: 'commit', input: { message: 'Add more notes' } }] },
  { calls: [{ name: 'open_pull_request', input: { title: 'Notes', body: 'As you asked.' } }] },
  { text: 'That is all.' },
);

/** Opening the pull request needs the user's word. */
const NEW_AGENT = {
  prompt: PROMPT,
  repository: 'demo/todo-api',
  policies: { open_pull_request: 'ask' },
};

/** Turns of the script. A follow-up in the last one makes the run take another. */
export const TURNS = 7;

export const REFERENCE: Task = {
  prompt: PROMPT,
  newAgent: NEW_AGENT,
  turns: TURNS,
  followUp: { text: FOLLOW_UP, deliver: 'now' },
  usualFollowUp: 3,
  answer: 'Why not?',
  plainMs: 10_000,
};

/** What must come of it. */
export const EXPECTED = {
  subjects: ['Add notes', 'Add more notes'],
  file: { path: 'NOTES.md', content: 'one\ntwo\n' },
  failedCalls: 2,
  calls: 11,
};
