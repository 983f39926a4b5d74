import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { promptOf } from '../../../test/support/prompt.ts';

const { cloud, api, token, stranger } = await openApi({ env: { STEPS_PER_CALLBACK: '4' } });

const write = (path: string, content: string) => ({ name: 'write_file', input: { path, content } });
const remember = (key: string, value: string) => ({ name: 'remember', input: { key, value } });
const commit = { name: 'commit', input: { message: 'Keep it' } };
const inRepository = { repository: 'demo/todo-api' };

/** An agent whose first run has come to rest. */
async function worked(prompt: string, options: object = {}) {
  const { body } = await api.post('/agents', { prompt, ...options }, { token });
  const runId = String(body.activeRun.id);
  expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  return { agentId: String(body.id), runId };
}
const fork = (agentId: string, body: object = {}, as = token) =>
  api.post(`/agents/${agentId}/fork`, body, { token: as });

/** What an agent's files are, edits only. */
async function filesOf(agentId: string) {
  const { rows } = await cloud.db.execute<{ path: string; content: string | null }>(
    sql`SELECT path, content FROM workspace_files f JOIN agents a USING (workspace_id)
      WHERE a.id = ${agentId} ORDER BY path`,
  );
  return Object.fromEntries(rows.map(({ path, content }) => [path, content]));
}

/** What is looked at of a request in the provider's dialect. */
const requestSchema = z.object({
  system: z.array(z.unknown()),
  tools: z.array(z.unknown()),
  messages: z.array(
    z.object({
      role: z.string(),
      content: z.array(z.looseObject({ cache_control: z.unknown().optional() })),
    }),
  ),
});

/** Everything the model is sent from now on. */
function listen() {
  const asked: z.infer<typeof requestSchema>[] = [];
  cloud.fetches.intercept = async (service, request, send) => {
    if (service === 'model') asked.push(requestSchema.parse(await request.clone().json()));
    return send();
  };
  return asked;
}

/** A request's messages without the marks for the cache, a block an entry. */
const blocks = (request: z.infer<typeof requestSchema> | undefined) =>
  (request?.messages ?? []).flatMap(({ role, content }) =>
    content.map(({ cache_control: _, ...block }) => JSON.stringify({ role, ...block })),
  );

describe('POST /agents/:id/fork', () => {
  it('goes on from a step: the same conversation up to there, and the files as they were', async () => {
    const asked = listen();
    const { agentId, runId } = await worked(
      scriptOf(
        { calls: [write('a.txt', 'one')] },
        { calls: [write('a.txt', 'two'), write('b.txt', 'two')] },
        { calls: [{ name: 'delete_file', input: { path: 'a.txt' } }] },
        { text: 'Done.' },
      ),
    );
    const before = asked.splice(0);
    const { status, body, headers } = await fork(agentId, { runId, stepNo: 2, prompt: 'Another way.' });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/agents/${body.id}`);
    expect(body).toMatchObject({
      name: expect.stringMatching(/ \(fork\)$/),
      status: 'queued',
      forkedFrom: { agentId, runId, stepNo: 2 },
    });
    expect(await filesOf(body.id)).toEqual({ 'a.txt': 'two', 'b.txt': 'two' });
    expect(await deliverUntilRest(cloud, body.activeRun.id)).toBe('completed');
    // The third request of the original was made after step 2.
    expect(blocks(asked[0]).slice(0, -1)).toEqual(blocks(before[2]));
    expect(blocks(asked[0]).at(-1)).toContain('Another way.');
    expect([promptOf(asked[0]), asked[0]?.tools]).toEqual([promptOf(before[2]), before[2]?.tools]);
    expect((await api.get(`/runs/${body.activeRun.id}/diff`, { token })).body).toContain('b.txt');
    expect((await api.get(`/runs?agentId=${body.id}`, { token })).body.data).toHaveLength(1);
    expect(await filesOf(agentId)).toEqual({ 'a.txt': null, 'b.txt': 'two' });
  });

  it('begins at the last step unless told otherwise, and waits without a prompt', async () => {
    const { agentId, runId } = await worked(scriptOf({ calls: [write('a.txt', 'one')] }, { text: 'Done.' }));
    const { body } = await fork(agentId, { name: 'Second try' });
    expect(body).toMatchObject({ name: 'Second try', status: 'idle', forkedFrom: { runId, stepNo: 2 } });
    expect(await filesOf(body.id)).toEqual({ 'a.txt': 'one' });
    // A fork of what has done nothing yet begins where that began.
    const again = (await fork(body.id)).body;
    expect(again.forkedFrom).toEqual({ agentId, runId, stepNo: 2 });
    expect(await filesOf(again.id)).toEqual({ 'a.txt': 'one' });
  });

  it('of a fork reads back through both, and finds the files of the first', async () => {
    const { agentId } = await worked(
      scriptOf({ text: 'First.', calls: [write('a.txt', 'one')] }, { text: 'Done.' }),
    );
    const second = await fork(agentId, {
      prompt: scriptOf({ text: 'Second.', calls: [write('b.txt', 'two')] }, { calls: [write('c.txt', 'x')] }),
    });
    const secondRun = second.body.activeRun.id;
    await deliverUntilRest(cloud, secondRun);
    const asked = listen();
    const third = (await fork(second.body.id, { stepNo: 1, prompt: 'And now?' })).body;
    expect(await filesOf(third.id)).toEqual({ 'a.txt': 'one', 'b.txt': 'two' });
    await deliverUntilRest(cloud, third.activeRun.id);
    expect(JSON.stringify(asked[0]?.messages)).toMatch(/First\..*Second\..*And now\?/s);
    expect(JSON.stringify(asked[0]?.messages)).not.toContain('c.txt"');
  });

  it('takes along the messages that were heard by then, and no others', async () => {
    let stepsAsked = 0;
    const created = await api.post(
      '/agents',
      { prompt: scriptOf({ calls: [write('a', '1')] }, { calls: [write('a', '2')] }, { text: 'Done.' }) },
      { token },
    );
    const { id: agentId, activeRun } = created.body;
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'model' && ++stepsAsked <= 2) {
        await api.post(`/agents/${agentId}/messages`, { text: `Word ${stepsAsked}` }, { token });
      }
      return send();
    };
    await deliverUntilRest(cloud, activeRun.id);
    const asked = listen();
    const { body } = await fork(agentId, { stepNo: 2, prompt: 'Go on.' });
    await deliverUntilRest(cloud, body.activeRun.id);
    expect(JSON.stringify(asked[0]?.messages)).toContain('Word 1');
    expect(JSON.stringify(asked[0]?.messages)).not.toContain('Word 2');
  });

  it('commits to a branch of its own, from the commit where it began, and its pull request comes from there', async () => {
    const github = cloud.context.github.forToken(await cloud.github.issueToken('demo'));
    const { agentId } = await worked(
      scriptOf(
        { calls: [write('one.txt', '1\n'), commit] },
        { calls: [write('two.txt', '2\n'), commit] },
        { text: 'Done.' },
      ),
      inRepository,
    );
    const original = await github.getRef('demo/todo-api', `cadence/${agentId}`);
    const { body } = await fork(agentId, {
      stepNo: 1,
      prompt: scriptOf(
        { calls: [write('other.txt', 'x\n'), commit] },
        { calls: [{ name: 'open_pull_request', input: { title: 'Other' } }] },
      ),
    });
    expect(await deliverUntilRest(cloud, body.activeRun.id)).toBe('completed');
    expect(body.branch).toBe(`cadence/${body.id}`);
    expect(await github.getRef('demo/todo-api', `cadence/${agentId}`)).toBe(original);
    const commits = await github.listCommits('demo/todo-api', body.branch, 2);
    const first = await github.listCommits('demo/todo-api', `cadence/${agentId}`, 2);
    expect(commits[1]?.sha).toBe(first[1]?.sha);
    const { result } = (await api.get(`/runs/${body.activeRun.id}`, { token })).body;
    expect(result).toMatchObject({ branch: body.branch, pullRequest: { title: 'Other' } });
    const diff = (await api.get(`/runs/${body.activeRun.id}/diff`, { token })).body;
    expect(diff).toContain('other.txt');
    expect(diff).not.toMatch(/one\.txt|two\.txt/);
  });

  it('opens a pull request for commits that it began with', async () => {
    const { agentId } = await worked(
      scriptOf({ calls: [write('kept.txt', '1\n'), commit] }, { text: 'Done.' }),
      inRepository,
    );
    const { body } = await fork(agentId, {
      prompt: scriptOf({ calls: [{ name: 'open_pull_request', input: { title: 'Mine' } }] }),
    });
    await deliverUntilRest(cloud, body.activeRun.id);
    const { result } = (await api.get(`/runs/${body.activeRun.id}`, { token })).body;
    expect(result.pullRequest).toMatchObject({ title: 'Mine' });
  });

  it('remembers what the original did at that step, less what was forgotten since', async () => {
    const { agentId } = await worked(
      scriptOf(
        { calls: [remember('tests', 'npm test'), remember('style', 'tabs'), remember('gone', 'x')] },
        { calls: [remember('tests', 'make check'), remember('later', 'yes'), remember('gone', '')] },
        { text: 'Done.' },
      ),
    );
    const asked = listen();
    const { body } = await fork(agentId, { stepNo: 1, prompt: 'Go on.' });
    await deliverUntilRest(cloud, body.activeRun.id);
    expect(promptOf(asked[0])).toMatch(/- style: tabs\n- tests: npm test$/);
    const { data } = (await api.get(`/agents/${(await fork(agentId)).body.id}/memories`, { token })).body;
    expect(data.map(({ key, value }: Record<string, string>) => [key, value])).toEqual([
      ['later', 'yes'],
      ['style', 'tabs'],
      ['tests', 'make check'],
    ]);
  });

  it('can be retried like any other', async () => {
    const { agentId } = await worked('What can you do?');
    const { body } = await fork(agentId, { prompt: 'Hello' });
    await api.post(`/runs/${body.activeRun.id}/cancel`, undefined, { token });
    const retried = await api.post(`/runs/${body.activeRun.id}/retry`, undefined, { token });
    expect(retried.status).toBe(201);
    expect(await deliverUntilRest(cloud, retried.body.id)).toBe('completed');
  });

  it('is made once when the answer gets lost (E3)', async () => {
    const { agentId } = await worked('What can you do?');
    cloud.fetches.intercept = async (service, request, send) => {
      const isFork = service === 'neon' && (await request.clone().text()).includes('INSERT INTO workspaces');
      const response = await send();
      if (!isFork) return response;
      cloud.fetches.intercept = (_service, _request, go) => go();
      throw new TypeError('the answer was lost');
    };
    const { status, body } = await fork(agentId, { prompt: 'Hello' });
    expect(status).toBe(201);
    const { data } = (await api.get('/agents', { token })).body;
    const forks = data.filter(
      (agent: { forkedFrom: { agentId: string } | null }) => agent.forkedFrom?.agentId === agentId,
    );
    expect(forks.map(({ id }: { id: string }) => id)).toEqual([body.id]);
  });

  it('names what is wrong with the place', async () => {
    const { agentId, runId } = await worked('What can you do?');
    const other = await worked('What can you do?');
    const fresh = (await api.post('/agents', {}, { token })).body;
    const field = async (id: string, body: object) => (await fork(id, body)).body.errors?.[0];
    expect(await field(agentId, { runId: other.runId })).toMatchObject({ field: 'body.runId' });
    expect(await field(agentId, { runId: 'run_none', stepNo: 1 })).toMatchObject({ field: 'body.runId' });
    expect(await field(agentId, { runId, stepNo: 9 })).toEqual({
      field: 'body.stepNo',
      message: 'There is no step 9 yet.',
    });
    expect(await field(agentId, { stepNo: 0 })).toMatchObject({ field: 'body.stepNo' });
    expect(await field(fresh.id, {})).toMatchObject({ field: 'body.runId' });
    expect(await field(agentId, { colour: 'blue' })).toMatchObject({ field: 'body.colour' });
    await cloud.db.execute(sql`UPDATE steps SET committed_at = NULL WHERE run_id = ${runId}`);
    expect((await field(agentId, { runId, stepNo: 1 })).message).toContain('is not committed');
  });

  it('is refused at a step whose calls have no results', async () => {
    const { agentId, runId } = await worked(scriptOf({ calls: [write('a', '1')] }, { text: 'Done.' }));
    await cloud.db.execute(sql`UPDATE tool_calls SET output = NULL WHERE run_id = ${runId}`);
    const { body } = await fork(agentId, { stepNo: 1 });
    expect(body.errors[0]).toEqual({
      field: 'body.stepNo',
      message: 'Step 1 of the run has calls without a result.',
    });
  });

  it('says that files of an older run are not known, except at its end', async () => {
    const { agentId, runId } = await worked(scriptOf({ calls: [write('a', '1')] }, { text: 'Done.' }));
    await cloud.db.execute(sql`UPDATE runs SET engine_version = 1 WHERE id = ${runId}`);
    const { status, body } = await fork(agentId, { stepNo: 1 });
    expect([status, body.errors[0].field]).toEqual([400, 'body.stepNo']);
    expect(body.errors[0].message).toContain('not known');
    const last = await fork(agentId, { stepNo: 2 });
    expect([last.status, await filesOf(last.body.id)]).toEqual([201, { a: '1' }]);
  });

  it('keeps the run it goes on from until it is archived', async () => {
    const { agentId, runId } = await worked('What can you do?');
    const { body } = await fork(agentId);
    const again = (await fork(body.id)).body;
    const remove = async () => (await api.delete(`/runs/${runId}`, { token })).body?.code;
    expect(await remove()).toBe('runForked');
    await api.delete(`/agents/${body.id}`, { token });
    expect(await remove()).toBe('runForked');
    await api.delete(`/agents/${again.id}`, { token });
    expect(await remove()).toBeUndefined();
    expect((await api.get(`/agents/${body.id}`, { token })).body.forkedFrom).toBeNull();
  });

  it('is not made of an archived agent', async () => {
    const { agentId } = await worked('What can you do?');
    await api.delete(`/agents/${agentId}`, { token });
    const { status, body } = await fork(agentId);
    expect([status, body.code]).toEqual([409, 'agentArchived']);
  });

  it('finds the files also when earlier runs were forgotten', async () => {
    const { agentId, runId } = await worked(scriptOf({ calls: [write('a', '1'), write('b', '1')] }));
    const runIds = [runId];
    for (const content of ['2', '3', '4']) {
      const prompt = scriptOf({ calls: [write('b', content)] }, { calls: [write('c', content)] });
      const { run } = (await api.post(`/agents/${agentId}/messages`, { text: prompt }, { token })).body;
      await deliverUntilRest(cloud, run.id);
      runIds.push(run.id);
    }
    const [first, second, third, fourth] = runIds;
    const at = async () => filesOf((await fork(agentId, { runId: fourth, stepNo: 1 })).body.id);
    expect(await at()).toEqual({ a: '1', b: '4', c: '3' });
    for (const gone of [third, first, second]) {
      await api.delete(`/runs/${gone}`, { token });
      expect(await at()).toEqual({ a: '1', b: '4', c: '3' });
    }
  });

  it('ends after 32 forks of forks', async () => {
    const { agentId } = await worked('What can you do?');
    let id = agentId;
    for (let depth = 1; depth <= 32; depth++) {
      const { body } = await fork(id, { prompt: 'What can you do?' });
      id = body.id;
      if (depth < 32) await deliverUntilRest(cloud, body.activeRun.id);
      else {
        const asked = listen();
        await deliverUntilRest(cloud, body.activeRun.id);
        const said = blocks(asked[0]).filter((block) => block.includes('"role":"user"'));
        expect(said).toHaveLength(33);
      }
    }
    const { status, body } = await fork(id);
    expect([status, body.code]).toEqual([422, 'forkTooDeep']);
  }, 60_000);

  it('is nothing to strangers', async () => {
    const { agentId } = await worked('What can you do?');
    expect((await fork(agentId, {}, stranger)).status).toBe(404);
    expect((await fork('agent_none')).status).toBe(404);
    expect((await api.post(`/agents/${agentId}/fork`, {})).status).toBe(401);
  });
});
