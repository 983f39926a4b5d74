import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliver, deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { eventTypes } from '../../../test/support/runs.ts';

const { cloud, api, token, stranger } = await openApi();

const list = { calls: [{ name: 'list_files', input: {} }] };
const search = { calls: [{ name: 'search_code', input: { pattern: 'todo{n}' } }] };

/** The first run of a new agent. */
async function start(prompt: string, agent: object = {}) {
  const { body } = await api.post('/agents', { prompt, ...agent }, { token });
  return { agentId: body.id, runId: body.activeRun.id };
}
const look = async (runId: string) => (await api.get(`/runs/${runId}`, { token })).body;
const tell = (runId: string, action: string) => api.post(`/runs/${runId}/${action}`, undefined, { token });
const cursorOf = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');
const publishes = (since: number) =>
  cloud.fetches.log.slice(since).filter(({ service }) => service === 'qstash').length;

describe('a run that does the main job', () => {
  it('shows its result, its steps and its diff', async () => {
    const { runId, agentId } = await start('Add a DELETE /todos/:id endpoint with a test', {
      repository: 'demo/todo-api',
    });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const run = await look(runId);
    expect(run).toMatchObject({ status: 'completed', error: null, waitingFor: null });
    expect(run.result).toMatchObject({ branch: `cadence/${agentId}`, summary: expect.any(String) });
    expect(run.result.commits).toHaveLength(1);
    expect(run.result.commits[0].sha).toMatch(/^[0-9a-f]{40}$/);
    expect(run.result.pullRequest).toMatchObject({ number: expect.any(Number), title: expect.any(String) });
    expect(run.costUsd).toBeGreaterThan(0);
    expect(run.usage.outputTokens).toBeGreaterThan(0);
    expect(Date.parse(run.finishedAt)).toBeGreaterThanOrEqual(Date.parse(run.startedAt));

    const { body } = await api.get(`/runs/${runId}/steps?limit=100`, { token });
    expect(body.data).toHaveLength(run.stepCount);
    expect(body.data.map(({ stepNo }: { stepNo: number }) => stepNo)).toEqual(
      Array.from({ length: run.stepCount }, (_, index) => index + 1),
    );
    const calls = body.data.flatMap(({ toolCalls }: { toolCalls: unknown[] }) => toolCalls);
    expect(calls).toContainEqual(
      expect.objectContaining({
        name: 'commit',
        state: 'completed',
        input: { message: expect.any(String) },
        result: expect.objectContaining({ sha: run.result.commits[0].sha }),
      }),
    );
    const cost = body.data.reduce((sum: number, step: { costUsd: number }) => sum + step.costUsd, 0);
    expect(cost).toBeCloseTo(run.costUsd, 6);

    const diff = await api.get(`/runs/${runId}/diff`, { token });
    expect(diff.headers.get('content-type')).toBe('text/x-diff; charset=utf-8');
    expect(diff.body).toMatch(/^diff --git a\//);
    expect(diff.body).toContain('DELETE');

    expect((await api.delete(`/runs/${runId}`, { token })).status).toBe(204);
    expect((await api.get(`/runs/${runId}`, { token })).status).toBe(404);
    expect((await api.delete(`/runs/${runId}`, { token })).status).toBe(404);
    const { rows } = await cloud.db.execute(sql`SELECT 1 FROM tool_calls WHERE run_id = ${runId}::text`);
    expect(rows).toEqual([]);
  });
});

describe('GET /runs', () => {
  it('lists page by page, of one agent, in one state', async () => {
    const one = await start('Hello');
    const two = await start('Hello');
    await tell(two.runId, 'cancel');
    const ids = async (query: string) =>
      (await api.get(`/runs?${query}`, { token })).body.data.map(({ id }: { id: string }) => id);
    expect(await ids('limit=2')).toEqual([two.runId, one.runId]);
    expect(await ids(`agentId=${one.agentId}`)).toEqual([one.runId]);
    expect(await ids(`agentId=${one.agentId}&status=cancelled`)).toEqual([]);
    expect(await ids('agentId=nonsense')).toEqual([]);
    expect(await ids('limit=1&status=cancelled')).toEqual([two.runId]);
    const first = await api.get('/runs?limit=1', { token });
    const second = await api.get(`/runs?limit=1&cursor=${first.body.nextCursor}`, { token });
    expect(second.body.data[0].id).toBe(one.runId);
  });

  it.each(['status=idle', 'limit=101', 'cursor=nonsense'])('refuses %s', async (query) => {
    expect((await api.get(`/runs?${query}`, { token })).status).toBe(400);
  });

  it.each([
    ['2026-11-21T12:00:02.123456Z', 'run_\u0000'],
    ['0000-01-01T00:00:00.000000Z', 'run_01h455vb4pex5vsknk084sn02q'],
  ])('refuses a cursor of %j and %j', async (...position) => {
    const { status, body } = await api.get(`/runs?cursor=${cursorOf(position)}`, { token });
    expect([status, body.errors[0].field]).toEqual([400, 'query.cursor']);
  });

  it('shows nobody the runs of others', async () => {
    const { agentId } = await start('Hello');
    expect((await api.get(`/runs?agentId=${agentId}`, { token: stranger })).body.data).toEqual([]);
  });
});

describe('GET /runs/:id/steps', () => {
  it('goes on page by page, with errors as the model saw them', async () => {
    const { runId } = await start(
      scriptOf({ text: 'Looking.', ...list }, { calls: [{ name: 'read_file', input: { path: 7 } }] }),
    );
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const first = await api.get(`/runs/${runId}/steps?limit=2`, { token });
    expect(first.body.data).toMatchObject([
      { text: 'Looking.', stopReason: 'toolCalls', toolCalls: [{ name: 'list_files', state: 'completed' }] },
      { text: '', toolCalls: [{ name: 'read_file', state: 'failed', input: { path: 7 }, result: null }] },
    ]);
    const rest = await api.get(`/runs/${runId}/steps?cursor=${first.body.nextCursor}`, { token });
    expect(rest.body).toMatchObject({
      data: [{ stepNo: 3, text: 'Done.', toolCalls: [] }],
      nextCursor: null,
    });
  });

  it.each([[1, 2], ['1'], [-1], [2_147_483_648], [1e300]])('refuses a cursor of %j', async (...position) => {
    const { runId } = await start('Hello');
    const { status, body } = await api.get(`/runs/${runId}/steps?cursor=${cursorOf(position)}`, { token });
    expect([status, body.errors[0].field]).toEqual([400, 'query.cursor']);
  });

  it('has nothing behind the last number there can be', async () => {
    const { runId } = await start('Hello');
    const { body } = await api.get(`/runs/${runId}/steps?cursor=${cursorOf([2_147_483_647])}`, { token });
    expect(body).toEqual({ data: [], nextCursor: null });
  });
});

describe('GET /runs/:id/diff', () => {
  const write = (path: string, content: string) => ({ name: 'write_file', input: { path, content } });

  it('shows uncommitted edits with the newest run only, and each run its own commits', async () => {
    const commit = { name: 'commit', input: { message: 'One' } };
    const { runId, agentId } = await start(
      scriptOf({ calls: [write('ONE.md', 'one\n'), commit] }, { calls: [write('TWO.md', 'two\n')] }),
      { repository: 'demo/todo-api' },
    );
    await deliverUntilRest(cloud, runId);
    const before = await api.get(`/runs/${runId}/diff`, { token });
    expect(before.body).toMatch(/\+one\n[\s\S]*\+two\n/);

    const text = scriptOf({ calls: [{ name: 'commit', input: { message: 'Two' } }] });
    const next = (await api.post(`/agents/${agentId}/messages`, { text }, { token })).body.run.id;
    await deliverUntilRest(cloud, next);
    const [first, second] = await Promise.all(
      [runId, next].map(async (id) => (await api.get(`/runs/${id}/diff`, { token })).body),
    );
    expect(first).toContain('+one');
    expect(first).not.toContain('+two');
    expect(second).toContain('+two');
    expect(second).not.toContain('+one');
  });

  it('is there without a repository', async () => {
    const { runId } = await start(scriptOf({ calls: [write('NOTES.md', 'hello\n')] }));
    await deliverUntilRest(cloud, runId);
    const { body } = await api.get(`/runs/${runId}/diff`, { token });
    expect(body).toContain('+++ b/NOTES.md');
    expect(body).toContain('+hello');
  });

  it('is empty when nothing changed, and asks nobody for that', async () => {
    const { runId } = await start('What can you do?', { repository: 'demo/todo-api' });
    const since = cloud.fetches.log.length;
    const { status, body } = await api.get(`/runs/${runId}/diff`, { token });
    expect([status, body]).toEqual([200, null]);
    expect(cloud.fetches.log.slice(since).filter(({ service }) => service === 'github')).toEqual([]);
  });

  it('says when GitHub is away', async () => {
    const { runId } = await start(scriptOf({ calls: [write('A.md', 'a\n')] }), {
      repository: 'demo/todo-api',
    });
    await deliverUntilRest(cloud, runId);
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'github') throw new TypeError('gone');
      return send();
    };
    expect((await api.get(`/runs/${runId}/diff`, { token })).body.code).toBe('githubUnavailable');
  });
});

describe('POST /runs/:id/pause, /resume and /cancel', () => {
  it('pause and resume, each once, and dispatch once', async () => {
    const { runId } = await start('What can you do?');
    const since = cloud.fetches.log.length;
    for (let time = 0; time < 2; time++) {
      const { status, body } = await tell(runId, 'pause');
      expect([status, body.status]).toEqual([200, 'paused']);
    }
    expect(publishes(since)).toBe(0);
    for (let time = 0; time < 2; time++) expect((await tell(runId, 'resume')).body.status).toBe('queued');
    expect(publishes(since)).toBe(1);
    expect(await eventTypes(cloud.db, runId)).toEqual(['run.queued', 'run.paused', 'run.resumed']);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('leave a run that has ended as it is', async () => {
    const { runId } = await start('Hello');
    for (let time = 0; time < 2; time++) expect((await tell(runId, 'cancel')).body.status).toBe('cancelled');
    for (const action of ['pause', 'resume']) {
      const { status, body } = await tell(runId, action);
      expect([status, body.status]).toEqual([200, 'cancelled']);
    }
    expect(await eventTypes(cloud.db, runId)).toEqual(['run.queued', 'run.cancelled']);
  });

  it('tell a running one to stop, by the row and by the flag', async () => {
    const { runId } = await start(scriptOf({ text: 'word '.repeat(1000), chunkDelayMs: 10 }));
    const delivery = deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    await expect.poll(async () => (await look(runId)).status, { interval: 10 }).toBe('running');
    expect((await tell(runId, 'pause')).body).toMatchObject({ status: 'running', pauseRequested: true });
    expect((await tell(runId, 'resume')).body).toMatchObject({ status: 'running', pauseRequested: false });
    expect((await api.delete(`/runs/${runId}`, { token })).body.code).toBe('runActive');
    expect((await tell(runId, 'cancel')).body.cancelRequested).toBe(true);
    expect(await (await delivery).json()).toMatchObject({ kind: 'accepted', status: 'cancelled' });
  });
});

describe('POST /runs/:id/budget', () => {
  const raise = (runId: string, maxSteps: unknown) =>
    api.post(`/runs/${runId}/budget`, { maxSteps }, { token });

  it('lets a run that waits for it go on, once', async () => {
    const { runId } = await start(scriptOf({ ...search, repeat: 3 }), { maxSteps: 2 });
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(await look(runId)).toMatchObject({ waitingFor: 'budget', stepCount: 2, maxSteps: 2 });
    const since = cloud.fetches.log.length;
    for (let time = 0; time < 2; time++) {
      const { status, body } = await raise(runId, 9);
      expect(status).toBe(200);
      expect(body).toMatchObject({ status: 'queued', waitingFor: null, maxSteps: 9 });
    }
    expect(publishes(since)).toBe(1);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('does not disturb a run that waits for nothing', async () => {
    const { runId } = await start('Hello', { maxSteps: 2 });
    const since = cloud.fetches.log.length;
    await tell(runId, 'pause');
    expect((await raise(runId, 3)).body).toMatchObject({ status: 'paused', maxSteps: 3 });
    expect(publishes(since)).toBe(0);
  });

  it.each([0, 1, 10_001, 2.5, '9'])('refuses %j for a run that may take 2', async (maxSteps) => {
    const { runId } = await start('Hello', { maxSteps: 2 });
    const { status, body } = await raise(runId, maxSteps);
    expect([status, body.errors[0].field]).toEqual([400, 'body.maxSteps']);
  });

  const limits = { maxSteps: 2, maxCostUsd: 1.5, maxDurationSeconds: 60 };

  it('raises any limit, and shows what is used', async () => {
    const { runId } = await start('Hello', limits);
    const raised = { maxCostUsd: 2.000001, maxDurationSeconds: 61 };
    const { status, body } = await api.post(`/runs/${runId}/budget`, raised, { token });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...limits,
      ...raised,
      durationSeconds: 0,
      costUsd: 0,
      estimatedCostUsd: 0,
      waitingForBudget: null,
    });
  });

  it.each([
    ['maxCostUsd', { maxCostUsd: 1.49 }],
    ['maxCostUsd', { maxCostUsd: 2.0000001 }],
    ['maxCostUsd', { maxSteps: 3, maxCostUsd: 1 }],
    ['maxDurationSeconds', { maxDurationSeconds: 59 }],
    ['maxDurationSeconds', { maxDurationSeconds: 60.5 }],
  ])('names %s when it refuses %j, and raises nothing', async (field, refused) => {
    const { runId } = await start('Hello', limits);
    const { status, body } = await api.post(`/runs/${runId}/budget`, refused, { token });
    expect([status, body.errors[0].field]).toEqual([400, `body.${field}`]);
    expect(await look(runId)).toMatchObject(limits);
  });

  it('sets no limit where there is none, and wants to be told of one', async () => {
    const { runId } = await start('Hello');
    const unlimited = await api.post(`/runs/${runId}/budget`, { maxCostUsd: 5 }, { token });
    expect([unlimited.status, unlimited.body.errors[0].field]).toEqual([400, 'body.maxCostUsd']);
    expect((await api.post(`/runs/${runId}/budget`, {}, { token })).status).toBe(400);
  });

  it('comes too late for a run that has ended', async () => {
    const { runId } = await start('Hello');
    await tell(runId, 'cancel');
    const { status, body } = await raise(runId, 999);
    expect([status, body.code]).toEqual([409, 'runEnded']);
  });
});

describe('a run that is not the caller’s', () => {
  const tries: [string, string, (object | undefined)?][] = [
    ['get', ''],
    ['get', '/steps'],
    ['get', '/diff'],
    ['get', '/events'],
    ['delete', ''],
    ['post', '/pause'],
    ['post', '/resume'],
    ['post', '/cancel'],
    ['post', '/budget', { maxSteps: 999 }],
  ];
  it.each(tries)('is as unknown as one that is not there: %s %s', async (method, path, payload) => {
    const { runId, agentId } = await start('Hello');
    const before = await look(runId);
    for (const id of [runId, cloud.context.newId('run'), 'nonsense', agentId]) {
      const knock = { token: stranger };
      const answer =
        method === 'get'
          ? await api.get(`/runs/${id}${path}`, knock)
          : method === 'delete'
            ? await api.delete(`/runs/${id}${path}`, knock)
            : await api.post(`/runs/${id}${path}`, payload, knock);
      expect([answer.status, answer.body.code]).toEqual([404, 'notFound']);
      expect(answer.body.detail).toBe('There is no such run.');
    }
    expect(await look(runId)).toEqual(before);
  });
});
