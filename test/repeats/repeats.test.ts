import { sql } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { openApi } from '../support/api.ts';
import { deliverUntilRest, scriptOf } from '../support/deliver.ts';
import type { Answer } from '../support/door.ts';
import { dying } from './dying-worker.ts';

/**
 * A phone that gets no answer sends its request again, under the same key. Its worker dies at each of its outgoing requests in
 * turn; the next one comes when the first counts as dead. In the end there is what one request makes.
 */

const { cloud, api, token, stranger } = await openApi();
const LOCK_MS = 60_000;

let time = Date.parse('2026-11-21T12:00:00Z');
const pass = async (milliseconds: number) => {
  time += milliseconds;
  await cloud.setNow(new Date(time));
};

/** What there is of all that a request could make. */
const count = async () => {
  const { rows } = await cloud.db.execute<Record<string, number>>(
    sql`SELECT (SELECT count(*)::int FROM agents) AS agents, (SELECT count(*)::int FROM workspaces) AS workspaces,
      (SELECT count(*)::int FROM runs) AS runs, (SELECT count(*)::int FROM messages) AS messages,
      (SELECT count(*)::int FROM run_events) AS events,
      (SELECT COALESCE(sum(jsonb_array_length(after_run)), 0)::int FROM runs) AS queued,
      (SELECT count(*)::int FROM organisations) AS organisations, (SELECT count(*)::int FROM members) AS members,
      (SELECT count(*)::int FROM invitations) AS invitations,
      (SELECT count(*)::int FROM approvals WHERE state = 'allowed') AS allowed`,
  );
  return rows[0] ?? {};
};

const difference = (before: Record<string, number>, after: Record<string, number>) =>
  Object.fromEntries(
    Object.entries(after).flatMap(([name, n]) =>
      n === before[name] ? [] : [[name, n - (before[name] ?? 0)]],
    ),
  );

let keys = 0;
const post = (path: string, body: unknown, key: string) =>
  api.post(path, body, { token, headers: { 'idempotency-key': key } });

interface Case {
  /** A request that has not been made before. */
  prepare(): Promise<{ path: string; body: unknown }>;
  /** What there is more after it, one of these. */
  makes: Record<string, number>[];
  /** What the answer is good for. */
  works?(answer: Answer): Promise<void>;
  /** Happens after the death of its worker. */
  meanwhile?(path: string): Promise<void>;
}

const runOf = (agent: Answer) => String(agent.body.activeRun.id);
const agentAtRest = async (turns: object[]) => {
  const agent = await api.post('/agents', { prompt: scriptOf(...turns) }, { token });
  await deliverUntilRest(cloud, runOf(agent));
  return agent;
};

/** One for all forks: it is what it was after each. */
let toFork: Promise<Answer> | undefined;
const forked = () => {
  toFork ??= agentAtRest([{ text: 'Done.' }]);
  return toFork;
};

const CASES: Record<string, Case> = {
  'create an agent with a prompt': {
    prepare: async () => ({ path: '/agents', body: { prompt: 'Do it', repository: 'demo/todo-api' } }),
    makes: [{ agents: 1, workspaces: 1, runs: 1, events: 1 }],
  },
  'start an idle agent with a message': {
    prepare: async () => {
      const { body } = await api.post('/agents', { name: 'Idle' }, { token });
      return { path: `/agents/${body.id}/messages`, body: { text: 'Do it' } };
    },
    makes: [{ runs: 1, events: 1 }],
  },
  'say something to a busy agent': {
    prepare: async () => {
      const { body } = await api.post('/agents', { prompt: 'Do it' }, { token });
      return { path: `/agents/${body.id}/messages`, body: { text: 'And that' } };
    },
    makes: [{ messages: 1, events: 1 }],
  },
  'queue something behind a busy agent': {
    prepare: async () => {
      const { body } = await api.post('/agents', { prompt: 'Do it' }, { token });
      return { path: `/agents/${body.id}/messages`, body: { text: 'Then that', deliver: 'afterRun' } };
    },
    makes: [{ messages: 1, queued: 1, events: 1 }],
  },
  'say something to an agent whose run ends meanwhile': {
    prepare: async () => {
      const { body } = await api.post('/agents', { prompt: 'Do it' }, { token });
      return { path: `/agents/${body.id}/messages`, body: { text: 'And that' } };
    },
    meanwhile: async (path) => {
      await api.post(path.replace('messages', 'cancel'), undefined, { token });
    },
    // The run heard it, and was cancelled; or was cancelled, and another one begins with it; or nobody died.
    makes: [
      { messages: 1, events: 2 },
      { runs: 1, events: 2 },
      { messages: 1, events: 1 },
    ],
  },
  'fork an agent with a prompt': {
    prepare: async () => ({
      path: `/agents/${(await forked()).body.id}/fork`,
      body: { prompt: 'Another way' },
    }),
    makes: [{ agents: 1, workspaces: 1, runs: 1, events: 1 }],
  },
  'create an organisation': {
    prepare: async () => ({ path: '/organisations', body: { name: 'Team' } }),
    makes: [{ organisations: 1, members: 1 }],
  },
  'invite somebody': {
    prepare: async () => {
      const { body } = await api.post('/organisations', { name: 'Team' }, { token });
      return { path: `/organisations/${body.id}/invitations`, body: { role: 'member' } };
    },
    makes: [{ invitations: 1 }],
    works: async ({ body }) => {
      const joined = await api.post('/invitations/accept', { token: body.token }, { token: stranger });
      expect(joined.status).toBe(200);
    },
  },
  'join an organisation': {
    prepare: async () => {
      const { body } = await api.post('/organisations', { name: 'Team' }, { token: stranger });
      const at = `/organisations/${body.id}/invitations`;
      const invitation = await api.post(at, { role: 'member' }, { token: stranger });
      return { path: '/invitations/accept', body: { token: invitation.body.token } };
    },
    makes: [{ members: 1 }],
  },
  'decide an approval': {
    prepare: async () => {
      const calls = [
        {
          text: 'Now.',
          calls: [{ name: 'update_plan', input: { steps: [{ title: 'Try', status: 'pending' }] } }],
        },
        { text: 'Done.' },
      ];
      const policies = { update_plan: 'ask' };
      const agent = await api.post('/agents', { prompt: scriptOf(...calls), policies }, { token });
      await deliverUntilRest(cloud, runOf(agent));
      const { body } = await api.get('/approvals?state=pending&limit=1', { token });
      return { path: `/approvals/${body.data[0].id}`, body: { decision: 'allow' } };
    },
    makes: [{ allowed: 1, events: 2 }],
  },
  'retry a run': {
    prepare: async () => {
      const agent = await api.post('/agents', { prompt: 'Do it' }, { token });
      await api.post(`/runs/${runOf(agent)}/cancel`, undefined, { token });
      return { path: `/runs/${runOf(agent)}/retry`, body: undefined };
    },
    makes: [{ runs: 1, events: 1 }],
  },
};

/**
 * Sends a request of which the worker dies, and again until it is answered.
 *
 * @returns whether the worker came as far as its death
 */
async function sendUntilAnswered(
  { prepare, makes, meanwhile, works }: Case,
  requests: number,
): Promise<boolean> {
  const { path, body } = await prepare();
  const before = await count();
  const key = `key-${++keys}`;
  const first = await dying(cloud.fetches, requests, () => post(path, body, key));
  if (first === null) await meanwhile?.(path);
  await pass(LOCK_MS);
  const answer = await post(path, body, key);
  const again = await post(path, body, key);
  const where = `dead after request ${requests}`;
  expect(answer.status, `${where}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  expect(again.body, where).toEqual(answer.body);
  expect(again.headers.get('idempotency-replayed'), where).toBe('true');
  expect(again.headers.get('location'), where).toBe(answer.headers.get('location'));
  if (first) expect(answer.body, where).toEqual(first.body);
  expect(makes, where).toContainEqual(difference(before, await count()));
  await works?.(answer);
  return first === null;
}

let deaths = 0;
afterAll(() => console.info(`${deaths} deaths of a worker under an Idempotency-Key`));

describe('a request repeated under its key, whenever its worker died', () => {
  it.each(Object.entries(CASES))('%s: once', { timeout: 120_000 }, async (_name, tried) => {
    await pass(0);
    for (let requests = 0; await sendUntilAnswered(tried, requests); requests++) deaths += 1;
  });
});
