import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import type { Answer } from '../../../test/support/door.ts';
import { tokenFor } from '../../../test/support/token.ts';
import { getTool, toolNames } from '../../tools/catalog.ts';

const { cloud, api, token, stranger } = await openApi();
await cloud.github.addRepository({ owner: 'octo', name: 'hidden', private: true });
await cloud.github.addRepository({ owner: 'demo', name: 'empty' });
beforeEach(async () => {
  await cloud.db.execute(sql`DELETE FROM agents`);
});

const create = (body: object = {}): Promise<Answer> => api.post('/api/agents', body, { token });
const count = async (table: 'agents' | 'runs' | 'workspaces') => {
  const { rows } = await cloud.db.execute(sql`SELECT count(*)::int AS count FROM ${sql.identifier(table)}`);
  return Number(rows[0]?.count);
};
const requestsTo = (service: string, since: number) =>
  cloud.fetches.log.slice(since).filter((request) => request.service === service);

describe('POST /agents', () => {
  it('creates an agent on a repository and starts its run', async () => {
    const since = cloud.fetches.log.length;
    const { status, body, headers } = await create({
      prompt: '  Add a DELETE endpoint\nand a test. ',
      instructions: 'Be brief.',
      repository: 'demo/todo-api',
    });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/agents/${body.id}`);
    expect(body).toMatchObject({
      name: 'Add a DELETE endpoint',
      instructions: 'Be brief.',
      repository: 'demo/todo-api',
      baseBranch: 'main',
      branch: `cadence/${body.id}`,
      provider: 'anthropic',
      model: cloud.context.settings.defaultModels.anthropic,
      tools: toolNames.filter((name) => !getTool(name)?.onlyByName),
      maxSteps: 200,
      status: 'queued',
      activeRun: {
        agentId: body.id,
        status: 'queued',
        prompt: 'Add a DELETE endpoint\nand a test.',
        stepCount: 0,
        maxSteps: 200,
        costUsd: 0,
        result: { summary: null, branch: `cadence/${body.id}`, commits: [], pullRequest: null },
        startedAt: null,
      },
    });
    const { rows } = await cloud.db.execute(
      sql`SELECT start_sha FROM runs WHERE id = ${body.activeRun.id}::text`,
    );
    expect(rows[0]?.start_sha).toMatch(/^[0-9a-f]{40}$/);
    expect(requestsTo('qstash', since)).toHaveLength(1);
    expect(await cloud.context.live.sweepNextAt()).toBeNull();
  });

  it('creates one that waits, without a repository', async () => {
    const since = cloud.fetches.log.length;
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Agent', status: 'idle', activeRun: null, repository: null });
    expect(body).toMatchObject({ instructions: null, baseBranch: null, branch: null });
    expect(body.tools).toEqual(
      toolNames.filter((name) => !getTool(name)?.needsRepository && !getTool(name)?.onlyByName),
    );
    expect(requestsTo('qstash', since)).toHaveLength(0);
    expect(requestsTo('github', since)).toHaveLength(0);
  });

  it('takes what it is given', async () => {
    const given = {
      name: 'Ada',
      model: 'claude-opus-5-5',
      provider: 'anthropic',
      tools: ['read_file', 'list_files'],
      maxSteps: 1,
      repository: 'demo/todo-api',
      baseBranch: 'main',
    };
    const { body } = await create({ ...given, tools: [...given.tools, 'read_file'] });
    expect(body).toMatchObject(given);
  });

  it('names itself after a long first line without cutting a character in two', async () => {
    const { body } = await create({ prompt: `${'x'.repeat(98)}😀 and much more to say about it` });
    expect(body.name).toBe(`${'x'.repeat(98)}…`);
  });

  it('runs even when nobody can be told', async () => {
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'qstash' || service === 'redis') throw new TypeError('gone');
      return send();
    };
    expect((await create({ prompt: 'Hello' })).status).toBe(201);
  });

  it.each([
    [{ prompt: '' }, 'body.prompt'],
    [{ prompt: ' \n ' }, 'body.prompt'],
    [{ prompt: 7 }, 'body.prompt'],
    [{ prompt: 'ä'.repeat(50_001) }, 'body.prompt'],
    [{ prompt: 'half a pair: \ud83d' }, 'body.prompt'],
    [{ name: '' }, 'body.name'],
    [{ name: 'x'.repeat(101) }, 'body.name'],
    [{ instructions: 'x'.repeat(32_001) }, 'body.instructions'],
    [{ maxSteps: 0 }, 'body.maxSteps'],
    [{ maxSteps: 1001 }, 'body.maxSteps'],
    [{ maxSteps: 1.5 }, 'body.maxSteps'],
    [{ repository: 'demo' }, 'body.repository'],
    [{ repository: 'demo/..' }, 'body.repository'],
    [{ repository: 'demo/todo-api/x' }, 'body.repository'],
    [{ repository: 'demo/nowhere' }, 'body.repository'],
    [{ repository: 'octo/hidden' }, 'body.repository'],
    [{ baseBranch: 'main' }, 'body.baseBranch'],
    [{ repository: 'demo/todo-api', baseBranch: 'nowhere' }, 'body.baseBranch'],
    [{ repository: 'demo/todo-api', baseBranch: '..' }, 'body.baseBranch'],
    [{ repository: 'demo/todo-api', baseBranch: '' }, 'body.baseBranch'],
    [{ provider: 'acme' }, 'body.provider'],
    [{ model: 'gpt-1' }, 'body.model'],
    [{ tools: ['read_file', 'fly'] }, 'body.tools.1'],
    [{ tools: ['commit'] }, 'body.tools.0'],
    [{ tools: 'commit' }, 'body.tools'],
    [{ colour: 'red' }, 'body.colour'],
  ])('refuses %j, creates nothing and names the field', async (body, field) => {
    const workspaces = await count('workspaces');
    const answer = await create({ prompt: 'Do it', ...body });
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('validationFailed');
    expect(answer.body.errors).toMatchObject([{ field }]);
    expect([await count('agents'), await count('runs'), await count('workspaces')]).toEqual([
      0,
      0,
      workspaces,
    ]);
  });

  it('does not tell a foreign repository from an unknown one', async () => {
    const unknown = await create({ repository: 'octo/nowhere' });
    const foreign = await create({ repository: 'octo/hidden' });
    expect(foreign.body.errors[0].message.replace('hidden', 'nowhere')).toBe(unknown.body.errors[0].message);
  });

  it('says when GitHub is away', async () => {
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'github') throw new TypeError('gone');
      return send();
    };
    const { status, body } = await create({ repository: 'demo/todo-api' });
    expect([status, body.code]).toEqual([503, 'githubUnavailable']);
    expect(await count('agents')).toBe(0);
  });
});

describe('a user who is gone', () => {
  it('creates nothing, though their token has not expired', async () => {
    const gone = await tokenFor(cloud.context);
    await cloud.db.execute(sql`DELETE FROM users WHERE login LIKE 'login-%'`);
    const before = await count('workspaces');
    const { status, body } = await api.post('/api/agents', { prompt: 'Hello' }, { token: gone });
    expect([status, body.code]).toEqual([401, 'sessionEnded']);
    expect([await count('agents'), await count('runs'), await count('workspaces')]).toEqual([0, 0, before]);
  });
});

describe('GET /agents', () => {
  it('lists page by page, newest first', async () => {
    const made: string[] = [];
    for (const name of ['one', 'two', 'three']) made.unshift((await create({ name })).body.id);
    const first = await api.get('/agents?limit=2', { token });
    const rest = await api.get(`/agents?limit=2&cursor=${first.body.nextCursor}`, { token });
    expect(rest.body.nextCursor).toBeNull();
    expect([...first.body.data, ...rest.body.data].map(({ id }) => id)).toEqual(made);
  });

  it('keeps its place in a list whose times differ by less than they show', async () => {
    for (const name of ['one', 'two', 'three', 'four']) await create({ name });
    await cloud.db.execute(sql`UPDATE agents SET created_at =
      timestamptz '2026-11-21 12:00:00.000100+00' + (random() * interval '500 microseconds')`);
    const seen = new Set<string>();
    let path: string | null = '/agents?limit=1';
    while (path) {
      const { body }: Answer = await api.get(path, { token });
      for (const { id } of body.data) seen.add(id);
      path = body.nextCursor && `/agents?limit=1&cursor=${body.nextCursor}`;
    }
    expect(seen.size).toBe(4);
  });

  it('stops a page before it grows too large', async () => {
    for (let made = 0; made < 5; made++) await create({ prompt: 'Look' });
    await cloud.db.execute(sql`UPDATE runs SET prompt = repeat('x', 1500000)`);
    const first = await api.get('/agents?limit=10', { token });
    expect(first.body.data).toHaveLength(2);
    const second = await api.get(`/agents?limit=10&cursor=${first.body.nextCursor}`, { token });
    expect(second.body.data).toHaveLength(2);
  });

  it('shows the archived ones only to who asks', async () => {
    const [kept, gone, busy] = [await create(), await create(), await create({ prompt: 'Hello' })];
    await api.delete(`/agents/${gone.body.id}`, { token });
    const ids = async (query: string) =>
      (await api.get(`/agents${query}`, { token })).body.data.map(({ id }: { id: string }) => id);
    expect(await ids('')).toEqual([busy.body.id, kept.body.id]);
    expect(await ids('?status=archived')).toEqual([gone.body.id]);
    expect(await ids('?status=idle')).toEqual([kept.body.id]);
    expect(await ids('?status=queued')).toEqual([busy.body.id]);
  });

  it.each([
    'status=odd',
    'status=completed',
    'status=failed',
    'status=cancelled',
    'limit=0',
    'cursor=nonsense',
  ])('refuses %s', async (query) => {
    expect((await api.get(`/agents?${query}`, { token })).status).toBe(400);
  });

  it('shows nobody the agents of others', async () => {
    await create();
    expect((await api.get('/agents', { token: stranger })).body.data).toEqual([]);
  });
});

describe('GET /agents/:id', () => {
  it('gives the agent at each of its addresses', async () => {
    const { body } = await create({ prompt: 'Hello' });
    for (const prefix of ['', '/api', '/api/v1']) {
      expect((await api.get(`${prefix}/agents/${body.id}`, { token })).body).toEqual(body);
    }
  });
});

describe('PATCH /agents/:id', () => {
  it('changes what the next run begins with and leaves the one under way alone', async () => {
    const { body } = await create({ prompt: 'Hello', instructions: 'Old', maxSteps: 5 });
    const changes = {
      name: 'New',
      instructions: null,
      model: 'claude-opus-5-5',
      tools: ['list_files'],
      maxSteps: 9,
    };
    const changed = await api.patch(`/agents/${body.id}`, changes, { token });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ ...changes, activeRun: { id: body.activeRun.id, maxSteps: 5 } });
    expect((await api.patch(`/agents/${body.id}`, { name: 'Newer' }, { token })).body).toMatchObject({
      ...changes,
      name: 'Newer',
    });
  });

  it.each([
    [{ model: 'gpt-1' }, 'body.model'],
    [{ provider: 'acme' }, 'body.provider'],
    [{ tools: ['commit'] }, 'body.tools.0'],
    [{ name: ' ' }, 'body.name'],
    [{ maxSteps: 0 }, 'body.maxSteps'],
    [{ prompt: 'Hello' }, 'body.prompt'],
    [{ repository: 'demo/todo-api' }, 'body.repository'],
  ])('refuses %j', async (changes, field) => {
    const { body } = await create();
    const answer = await api.patch(`/agents/${body.id}`, changes, { token });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field }]);
  });

  it('does not wake the archived', async () => {
    const { body } = await create();
    await api.delete(`/agents/${body.id}`, { token });
    const answer = await api.patch(`/agents/${body.id}`, { name: 'Back' }, { token });
    expect([answer.status, answer.body.code]).toEqual([409, 'agentArchived']);
  });
});

describe('DELETE /agents/:id', () => {
  it('archives the agent and cancels its run, once and again', async () => {
    const { body } = await create({ prompt: 'Hello' });
    for (let time = 0; time < 2; time++) {
      expect((await api.delete(`/agents/${body.id}`, { token })).status).toBe(204);
      expect((await api.get(`/agents/${body.id}`, { token })).body).toMatchObject({
        status: 'archived',
        activeRun: null,
      });
    }
    expect((await api.get(`/runs/${body.activeRun.id}`, { token })).body.status).toBe('cancelled');
  });
});

describe('an agent that is not the caller’s', () => {
  const tries: [string, string, (object | undefined)?][] = [
    ['get', ''],
    ['get', '/events'],
    ['patch', '', { name: 'Mine' }],
    ['delete', ''],
    ['post', '/pause', undefined],
    ['post', '/resume', undefined],
    ['post', '/cancel', undefined],
    ['post', '/messages', { text: 'Hello' }],
  ];
  it.each(tries)('is as unknown as one that is not there: %s %s', async (method, path, payload) => {
    const { body } = await create({ prompt: 'Hello' });
    const knock = (id: string) => {
      if (method === 'get') return api.get(`/agents/${id}${path}`, { token: stranger });
      if (method === 'delete') return api.delete(`/agents/${id}${path}`, { token: stranger });
      if (method === 'patch') return api.patch(`/agents/${id}${path}`, payload, { token: stranger });
      return api.post(`/agents/${id}${path}`, payload, { token: stranger });
    };
    const ids = [body.id, cloud.context.newId('agent'), 'nonsense', body.activeRun.id, 'agent_%F0%9F%98%80'];
    const details = new Set<string>();
    for (const id of ids) {
      const answer = await knock(id);
      expect([answer.status, answer.body.code]).toEqual([404, 'notFound']);
      details.add(answer.body.detail);
    }
    expect(details.size).toBe(1);
    expect((await api.get(`/agents/${body.id}`, { token })).body).toEqual(body);
  });
});
