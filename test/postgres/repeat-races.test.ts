import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dying } from '../repeats/dying-worker.ts';
import { type Cloud, openCloud } from '../support/cloud.ts';
import { door } from '../support/door.ts';
import { openPostgres } from './database.ts';
import { findPostgres } from './server.ts';

const bin = await findPostgres();
if (bin === null) console.warn('Races are not tested: there is no PostgreSQL 15 or newer on this machine.');

const RACERS = 64;
const LOCK_MS = 60_000;

describe.skipIf(bin === null)('64 requests at once under one key, on a real PostgreSQL', () => {
  let cloud: Cloud;
  let api: ReturnType<typeof door>;
  let token: string;
  beforeAll(async () => {
    cloud = await openCloud({ database: await openPostgres(bin ?? '') });
    api = door(cloud.app);
    token = (await cloud.signIn()).accessToken;
  });
  afterAll(() => cloud?.close());

  const count = async () => {
    const { rows } = await cloud.db.execute<Record<string, number>>(
      sql`SELECT (SELECT count(*)::int FROM agents) AS agents, (SELECT count(*)::int FROM workspaces) AS workspaces,
        (SELECT count(*)::int FROM runs) AS runs, (SELECT count(*)::int FROM messages) AS messages`,
    );
    return rows[0] ?? {};
  };
  const post = (path: string, body: unknown, key: string) =>
    api.post(path, body, { token, headers: { 'idempotency-key': key } });
  const race = (path: string, body: unknown, key: string) =>
    Promise.all(Array.from({ length: RACERS }, () => post(path, body, key)));

  /** One was carried out. The others were given its answer, or told to wait, and then get it too. */
  async function expectOneEffect(path: string, body: unknown, key: string, made: object) {
    const before = await count();
    const answers = await race(path, body, key);
    const first = answers.filter(
      ({ status, headers }) => status < 300 && headers.get('idempotency-replayed') === null,
    );
    expect(first).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 409) expect(answer.body.code).toBe('idempotencyConflict');
      else expect(answer.body).toEqual(first[0]?.body);
    }
    for (const answer of await race(path, body, key)) {
      expect(answer.headers.get('idempotency-replayed')).toBe('true');
      expect(answer.body).toEqual(first[0]?.body);
    }
    const after = await count();
    const more = Object.entries(after).map(([name, n]) => [name, n - (before[name] ?? 0)]);
    expect(Object.fromEntries(more)).toEqual({ agents: 0, workspaces: 0, runs: 0, messages: 0, ...made });
    return first[0]?.body;
  }

  it('make one agent, with one run', async () => {
    await expectOneEffect('/agents', { prompt: 'Do it' }, 'one-agent', { agents: 1, workspaces: 1, runs: 1 });
  });

  it('say one thing, whether it starts the agent or is heard by it', async () => {
    const { body: agent } = await api.post('/agents', { name: 'Idle' }, { token });
    const path = `/agents/${agent.id}/messages`;
    await expectOneEffect(path, { text: 'Do it' }, 'first-word', { runs: 1 });
    await expectOneEffect(path, { text: 'And that' }, 'second-word', { messages: 1 });
    await expectOneEffect(path, { text: 'Then that', deliver: 'afterRun' }, 'third-word', { messages: 1 });
  });

  it('take over together from a worker that died, and one does', async () => {
    const body = { prompt: 'Do it' };
    for (const requests of [2, 3]) {
      const [before, key] = [await count(), `orphan-${requests}`];
      expect(await dying(cloud.fetches, requests, () => post('/agents', body, key))).toBeNull();
      await cloud.db.execute(
        sql`UPDATE idempotency_keys SET locked_until = engine_now() - ${`${LOCK_MS} ms`}::interval WHERE key = ${key}`,
      );
      const made = (await count()).agents === before.agents ? { agents: 1, workspaces: 1, runs: 1 } : {};
      await expectOneEffect('/agents', body, key, made);
    }
  });
});
