import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliver, deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { runIdOf } from '../../domain/jobs/job-id.ts';

const { cloud, api, token } = await openApi();

const write = (path: string, content: string) => ({ name: 'write_file', input: { path, content } });
const FILES = [
  write(
    'package.json',
    JSON.stringify({
      name: 'hello',
      version: '1.0.0',
      type: 'module',
      scripts: { start: 'node src/server.js', test: 'node --test' },
    }),
  ),
  write('README.md', '# hello\n'),
  write('src/server.js', "export const greet = () => 'hello';\n"),
  write('test/greet.test.js', "import { greet } from '../src/server.js';\ngreet();\n"),
];
const PROMPT = scriptOf({ calls: FILES }, { text: 'It greets.' });

const runOf = (jobId: string) => runIdOf(jobId) ?? '';
const jobOf = async (jobId: string) => (await api.get(`/jobs/${jobId}`, { token })).body;
const generate = (repository: string, prompt = PROMPT, body: object = {}) =>
  api.post('/generate-backend', { prompt, repository, private: false, ...body }, { token });
const github = async () => cloud.context.github.forToken(await cloud.github.issueToken('demo'));
const commitsOf = async (repository: string) => (await github()).listCommits(repository, 'main', 50);
const filesOf = async (repository: string) =>
  (await (await github()).getTree(repository, 'main')).items
    .filter(({ type }) => type === 'blob')
    .map(({ path }) => path);

/** A job, delivered until it has ended whatever became of the deliveries: leases run out, timers are up. */
async function comeToAnEnd(runId: string): Promise<void> {
  for (let delivery = 0; delivery < 40; delivery++) {
    const { rows } = await cloud.db.execute<{ status: string; dispatch_no: number }>(
      sql`UPDATE runs SET lease_expires_at = CASE WHEN status = 'running' THEN engine_now() END, wake_at = engine_now()
        WHERE id = ${runId} RETURNING status, dispatch_no`,
    );
    const [run] = rows;
    if (!run || ['completed', 'failed', 'cancelled'].includes(run.status)) return;
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: run.dispatch_no });
  }
  throw new Error(`${runId} does not end`);
}

describe('a job with a repository', () => {
  it('pushes what it made when that has passed its check, in one commit', async () => {
    const { status, body } = await generate('demo/greeter');
    expect(status).toBe(202);
    const { jobId } = body;
    expect(await jobOf(jobId)).toMatchObject({ state: 'waiting', repository: 'demo/greeter', result: null });
    expect(await deliverUntilRest(cloud, runOf(jobId))).toBe('completed');
    const { result, progress } = await jobOf(jobId);
    expect([progress, result.success]).toEqual([100, true]);
    expect(result.pushed).toEqual({
      repository: 'demo/greeter',
      url: expect.stringMatching(/\/demo\/greeter$/),
      branch: 'main',
      sha: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    const [newest, ...older] = await commitsOf('demo/greeter');
    expect(newest).toMatchObject({ sha: result.pushed.sha });
    expect(newest?.message).toContain(`Cadence-Run: ${runOf(jobId)}`);
    expect(older).toHaveLength(1);
    await expect((await github()).getRepository('demo/greeter')).resolves.toMatchObject({ private: false });

    const steps = (await api.get(`/runs/${runOf(jobId)}/steps`, { token })).body.data;
    expect(steps.at(-1).toolCalls).toMatchObject([{ name: 'push_backend', state: 'completed' }]);
    expect((await api.get(`/runs/${runOf(jobId)}`, { token })).body.result.summary).toBe('It greets.');
    const again = { repository: 'demo/greeter', private: false };
    expect((await api.post(`/jobs/${jobId}/push`, again, { token })).body).toEqual(result.pushed);
  });

  it('does not push what does not pass its check', async () => {
    const { body } = await generate('demo/broken', scriptOf({ calls: FILES.slice(1) }, { text: 'Done.' }));
    expect(await deliverUntilRest(cloud, runOf(body.jobId))).toBe('failed');
    expect(await jobOf(body.jobId)).toMatchObject({
      error: { code: 'resultRefused' },
      result: { success: false, pushed: null },
    });
    await expect((await github()).getRepository('demo/broken')).rejects.toMatchObject({ code: 'notFound' });
  });

  it('has its tool from nobody but the engine', async () => {
    const early = { calls: [...FILES, { name: 'push_backend', input: { title: 'Now' } }] };
    const { body } = await generate('demo/once', scriptOf(early, { text: 'Done.' }));
    expect(await deliverUntilRest(cloud, runOf(body.jobId))).toBe('completed');
    const steps = (await api.get(`/runs/${runOf(body.jobId)}/steps`, { token })).body.data;
    expect(steps[0].toolCalls.at(-1)).toMatchObject({ name: 'push_backend', state: 'failed' });
    expect(await commitsOf('demo/once')).toHaveLength(2);
  });

  it('pushes the change of a later job there, too', async () => {
    const { body } = await generate('demo/changing');
    await deliverUntilRest(cloud, runOf(body.jobId));
    const { agentId } = await jobOf(body.jobId);
    const text = scriptOf(
      { calls: [write('src/more.js', 'export const more = 1;\n'), write('README.md', '# more\n')] },
      {
        calls: [
          { name: 'delete_file', input: { path: 'src/more.js' } },
          write('src/less.js', 'export {};\n'),
        ],
      },
      { text: 'Changed.' },
    );
    const { body: told } = await api.post(`/agents/${agentId}/messages`, { text }, { token });
    expect(await deliverUntilRest(cloud, told.run.id)).toBe('completed');
    expect(await commitsOf('demo/changing')).toHaveLength(3);
    expect(await filesOf('demo/changing')).toEqual([
      'README.md',
      'package.json',
      'src/less.js',
      'src/server.js',
      'test/greet.test.js',
    ]);
  });

  it('is refused for a name that is taken, and fails with its files where that is taken meanwhile', async () => {
    expect((await generate('demo/todo-api')).body).toMatchObject({ status: 409, code: 'repositoryExists' });
    expect((await generate('nonsense')).body).toMatchObject({ errors: [{ field: 'body.repository' }] });

    const { body } = await generate('demo/wanted');
    await (await github()).createRepository(null, { name: 'wanted', description: 'Mine', private: true });
    expect(await deliverUntilRest(cloud, runOf(body.jobId))).toBe('failed');
    expect(await jobOf(body.jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'pushRefused', message: 'demo/wanted exists, and was not made for this job.' },
      result: { success: false, pushed: null, files: { length: 4 } },
    });
    expect((await api.get(`/jobs/${body.jobId}/files`, { token })).body.data).toHaveLength(4);
    expect(await commitsOf('demo/wanted')).toHaveLength(1);
  });

  it('fails with its files where its user may make none', async () => {
    const { body } = await generate('octo/not-mine');
    expect(await deliverUntilRest(cloud, runOf(body.jobId))).toBe('failed');
    expect((await jobOf(body.jobId)).error).toEqual({
      code: 'pushRefused',
      message: 'GitHub does not let you make octo/not-mine.',
    });
  });

  it('goes on past its push when its user has said something meanwhile, and pushes again', async () => {
    const { body } = await generate('demo/talked');
    const { agentId } = await jobOf(body.jobId);
    cloud.fetches.intercept = async (service, request, send) => {
      const response = await send();
      if (service === 'github' && request.method === 'PATCH' && request.url.includes('/git/refs/')) {
        cloud.fetches.intercept = (_service, _request, pass) => pass();
        const text = scriptOf({ calls: [write('README.md', '# told\n')] }, { text: 'Told.' });
        await api.post(`/agents/${agentId}/messages`, { text }, { token });
      }
      return response;
    };
    expect(await deliverUntilRest(cloud, runOf(body.jobId))).toBe('completed');
    expect(await commitsOf('demo/talked')).toHaveLength(3);
    const [newest] = await commitsOf('demo/talked');
    expect((await jobOf(body.jobId)).result.pushed.sha).toBe(newest?.sha);
  });
});

describe('a push of a job that fails in the middle', () => {
  it.each([
    ['is lost on its way', 'before', false],
    ['is not answered', 'after', false],
    ['is the last thing that its worker does', 'after', true],
  ] as const)('takes effect once, whichever write %s', async (_, when, dies) => {
    for (let faulty = 1; ; faulty++) {
      const repository = `demo/${when}-${dies}-${faulty}`;
      const { body } = await generate(repository);
      let writes = 0;
      cloud.fetches.intercept = async (service, request, send) => {
        const isGone = dies && writes >= faulty && (service === 'neon' || service === 'github');
        if (service === 'github' && request.method !== 'GET') writes += 1;
        else if (!isGone) return send();
        if (isGone || (writes === faulty && when === 'before')) throw new TypeError('the network is gone');
        const response = await send();
        if (writes === faulty) throw new TypeError('the network is gone');
        return response;
      };
      await deliver(cloud, '/api/v1/callbacks/run', { runId: runOf(body.jobId), dispatchNo: 1 });
      cloud.fetches.intercept = (_service, _request, send) => send();
      await comeToAnEnd(runOf(body.jobId));
      expect(await jobOf(body.jobId), `write ${faulty}`).toMatchObject({
        state: 'completed',
        result: { pushed: { repository } },
      });
      const pushes = (await commitsOf(repository)).filter(({ message }) => message.includes('Cadence-Run: '));
      expect(pushes, `write ${faulty}`).toHaveLength(1);
      if (writes < faulty) return expect(writes).toBe(4);
    }
  });
});
