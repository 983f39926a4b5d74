import { z } from 'zod';
import { scriptOf } from '../support/deliver.ts';
import { act } from './actors.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A question, so that nothing is done about it should it come when the run has ended and start one of its own. */
export const FOLLOW_UP = 'Can you be brief from here on?';

/**
 * The reference task: every kind of step there is. Two steps a delivery, so it is handed over three times, once with
 * an edit that is not committed yet.
 */
export const PROMPT = scriptOf(
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

/** Turns of the script. A follow-up in the last one makes the run take another. */
export const TURNS = 7;

/** What must come of it. */
export const EXPECTED = {
  subjects: ['Add notes', 'Add more notes'],
  file: { path: 'NOTES.md', content: 'one\ntwo\n' },
  failedCalls: 2,
  calls: 11,
};

/** Between tries of a phone whose request failed. */
const PATIENCE_MS = 2_000;
const TRIES = 20;

/** A phone that gives an agent a task and talks to it. It tries again when it cannot tell that it was heard. */
export interface Phone {
  giveTask(name: string): Promise<void>;
  sendFollowUp(agentId: string): Promise<void>;
}

const agentsSchema = z.object({ data: z.array(z.object({ name: z.string() })) });

/**
 * @param options.call a request to the API, with the user's token
 * @param options.wasHeard whether the follow-up is among the run's events, or began a run, where a phone would see it
 */
export function createPhone(options: {
  time: VirtualTime;
  call: (method: string, path: string, body?: unknown) => Promise<Response>;
  wasHeard: () => Promise<boolean>;
}): Phone {
  const { time, call, wasHeard } = options;

  /** Whether it was answered as it should be. Anything else leaves open what came of it. */
  const ask = (statuses: readonly number[], method: string, path: string, body: unknown) =>
    act('user', () => call(method, path, body)).then(
      (response) => statuses.includes(response.status),
      () => false,
    );

  const insist = async (request: () => Promise<boolean>, isDone: () => Promise<boolean>) => {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      if (await request()) return;
      await time.sleep(PATIENCE_MS);
      if (await isDone()) return;
    }
    throw new Error('the phone gave up');
  };

  /** Without the list nobody knows whether to try again, so it is asked for until it comes. */
  const listAgents = async (): Promise<z.infer<typeof agentsSchema>['data']> => {
    const response = await act('user', () => call('GET', '/api/agents')).catch(() => undefined);
    if (response?.status === 200) return agentsSchema.parse(await response.json()).data;
    await time.sleep(PATIENCE_MS);
    return listAgents();
  };

  return {
    giveTask: (name) =>
      insist(
        () => ask([201], 'POST', '/api/agents', { name, prompt: PROMPT, repository: 'demo/todo-api' }),
        async () => (await listAgents()).some((agent) => agent.name === name),
      ),
    sendFollowUp: (agentId) =>
      insist(() => ask([201, 202], 'POST', `/api/agents/${agentId}/messages`, { text: FOLLOW_UP }), wasHeard),
  };
}
