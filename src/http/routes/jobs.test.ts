import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { runIdOf } from '../../domain/jobs/job-id.ts';

const { cloud, api, token, stranger } = await openApi();

const PROMPT = 'A REST API for notes, with tags and search';
const runOf = (jobId: string) => runIdOf(jobId) ?? '';
const generate = async (body: object) => (await api.post('/generate-backend', body, { token })).body.jobId;
const jobOf = async (jobId: string) => (await api.get(`/jobs/${jobId}`, { token })).body;
const write = (path: string, content: string) => ({ name: 'write_file', input: { path, content } });
const planned = (...statuses: string[]) => ({
  name: 'update_plan',
  input: { steps: statuses.map((status, at) => ({ title: `Part ${at}`, status })) },
});

describe('POST /generate-backend', () => {
  it('is accepted, and brings a backend that passes its check', async () => {
    const { status, body, headers } = await api.post('/generate-backend', { prompt: PROMPT }, { token });
    expect(status).toBe(202);
    const { jobId } = body;
    expect(body).toEqual({
      message: expect.any(String),
      jobId: expect.stringMatching(/^job_/),
      statusUrl: `/api/v1/jobs/${jobId}`,
    });
    expect(headers.get('location')).toBe(body.statusUrl);
    expect(await jobOf(jobId)).toMatchObject({ state: 'waiting', progress: 0, result: null, error: null });

    expect(await deliverUntilRest(cloud, runOf(jobId))).toBe('completed');
    const job = await jobOf(jobId);
    expect(job).toMatchObject({ jobId, runId: runOf(jobId), state: 'completed', progress: 100, error: null });
    expect(job.result.success).toBe(true);
    expect(job.result.files.map(({ path }: { path: string }) => path)).toEqual([
      'README.md',
      'package.json',
      'src/app.js',
      'src/body.js',
      'src/errors.js',
      'src/server.js',
      'src/store.js',
      'src/validate.js',
      'test/notes.test.js',
    ]);
    const steps = (await api.get(`/runs/${runOf(jobId)}/steps`, { token })).body.data;
    const checks = steps
      .flatMap(({ toolCalls }: { toolCalls: { name: string; output: string }[] }) => toolCalls)
      .filter(({ name }: { name: string }) => name === 'check_project');
    expect(checks.map(({ output }: { output: string }) => output)).toEqual([
      expect.stringMatching(
        /^There are 2 problems:\nsrc\/app\.js:\d+ imports \.\/storage\.js.*\nsrc\/validate\.js:\d+ a comment says "TODO"/,
      ),
      'All 9 files are in order.',
    ]);
  });

  it('makes one job under an Idempotency-Key, also when the first try got stuck', async () => {
    const headers = { 'idempotency-key': 'one-backend' };
    const first = await api.post('/generate-backend', { prompt: PROMPT }, { token, headers });
    const again = await api.post('/generate-backend', { prompt: PROMPT }, { token, headers });
    expect(again.body).toEqual(first.body);
    const { data } = (await api.get('/jobs?state=waiting', { token })).body;
    expect(data.map(({ jobId }: { jobId: string }) => jobId)).toEqual([first.body.jobId]);
    await api.delete(`/jobs/${first.body.jobId}`, { token });
  });

  it('refuses what it cannot make', async () => {
    const refused = async (body: object) => (await api.post('/generate-backend', body, { token })).body;
    expect(await refused({})).toMatchObject({ errors: [{ field: 'body.prompt' }] });
    expect(await refused({ prompt: 'x', stack: 'cobol' })).toMatchObject({
      errors: [{ field: 'body.stack' }],
    });
    expect(await refused({ prompt: 'x', other: 1 })).toMatchObject({ errors: [{ field: 'body.other' }] });
  });

  it('keeps its agent and run out of the other lists', async () => {
    const jobId = await generate({ prompt: PROMPT });
    const { agentId } = await jobOf(jobId);
    const ids = async (path: string) =>
      (await api.get(path, { token })).body.data.map(({ id }: { id: string }) => id);
    expect(await ids('/agents')).not.toContain(agentId);
    expect(await ids('/agents?kind=generator')).toContain(agentId);
    expect(await ids('/runs')).not.toContain(runOf(jobId));
    expect(await ids(`/runs?agentId=${agentId}`)).toEqual([runOf(jobId)]);
  });
});

describe('a job', () => {
  it('does not end while its backend has problems, and fails when these stay', async () => {
    const jobId = await generate({ prompt: scriptOf({ text: 'All done.', repeat: 20 }) });
    expect(await deliverUntilRest(cloud, runOf(jobId))).toBe('failed');
    const job = await jobOf(jobId);
    expect(job).toMatchObject({
      state: 'failed',
      error: { code: 'resultRefused' },
      result: { success: false },
    });
    expect(job.error.message).toContain('package.json is missing');
    const events = (
      await api.get(`/runs/${runOf(jobId)}/events`, { token, headers: { accept: 'application/json' } })
    ).body.data;
    expect(events.filter(({ type }: { type: string }) => type === 'result.refused')).toHaveLength(5);
  });

  it('tells its model what is missing, and completes once it is there', async () => {
    const heard: string[] = [];
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'model') heard.push(await request.clone().text());
      return send();
    };
    const jobId = await generate({
      prompt: scriptOf(
        { text: 'Done.' },
        {
          calls: [
            write('package.json', '{"name": "x", "scripts": {"start": "node a.js", "test": "node --test"}}'),
            write('a.js', "console.log('up');\n"),
            write('a.test.js', "import 'node:test';\n"),
            write('README.md', 'It is up.'),
          ],
        },
        { text: 'Now it is.' },
      ),
    });
    expect(await deliverUntilRest(cloud, runOf(jobId))).toBe('completed');
    expect(heard[0]).not.toContain('You cannot end yet');
    expect(heard[1]).toContain('You cannot end yet. There are 3 problems:');
    expect(await jobOf(jobId)).toMatchObject({ state: 'completed', progress: 100 });
  });

  it('goes on with what is missing after its worker has died', async () => {
    const jobId = await generate({
      prompt: scriptOf({ text: 'Done.', repeat: 2 }, { text: 'Cut.', stopReason: 'refusal' }),
    });
    let lost = 0;
    cloud.fetches.intercept = async (service, request, send) => {
      const isNote = service === 'neon' && (await request.clone().text()).includes('You cannot end yet');
      const response = await send();
      if (!isNote || lost++ > 0) return response;
      throw new TypeError('the answer was lost');
    };
    expect(await deliverUntilRest(cloud, runOf(jobId))).toBe('failed');
    expect(lost).toBeGreaterThan(1);
    expect(await jobOf(jobId)).toMatchObject({ error: { code: 'modelRefused' } });
  });

  it('shows the progress of its plan, which does not go back', async () => {
    const jobId = await generate({
      prompt: scriptOf(
        { calls: [planned('done', 'inProgress', 'pending', 'pending')] },
        { calls: [planned('inProgress', 'pending', 'pending', 'pending')] },
        { calls: [planned('done', 'done', 'done', 'done')] },
        { text: 'Stop here.', stopReason: 'refusal' },
      ),
    });
    const seen: number[] = [];
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'model') {
        cloud.fetches.intercept = (_service, _again, through) => through();
        seen.push((await jobOf(jobId)).progress);
        cloud.fetches.intercept = watch;
      }
      return send();
    };
    const watch = cloud.fetches.intercept;
    await deliverUntilRest(cloud, runOf(jobId));
    expect(seen).toEqual([0, 37, 37, 99]);
    expect(await jobOf(jobId)).toMatchObject({ state: 'failed', progress: 99 });
  });

  it('is changed by a message, in a job of its own that leaves the files of the first', async () => {
    const jobId = await generate({ prompt: PROMPT });
    await deliverUntilRest(cloud, runOf(jobId));
    const { agentId } = await jobOf(jobId);
    const text = scriptOf({ calls: [write('README.md', 'Another one')] }, { text: 'Changed.' });
    const { body } = await api.post(`/agents/${agentId}/messages`, { text }, { token });
    expect(await deliverUntilRest(cloud, body.run.id)).toBe('completed');
    const second = body.run.id.replace('run_', 'job_');
    expect(await jobOf(second)).toMatchObject({ state: 'completed', agentId });
    const readme = async (id: string) => {
      const { data } = (await api.get(`/jobs/${id}/files`, { token })).body;
      return data.find(({ path }: { path: string }) => path === 'README.md').content;
    };
    expect(await readme(second)).toBe('Another one');
    expect(await readme(jobId)).toContain('# notes-api');
    expect((await jobOf(second)).result.files).toHaveLength(9);
  });

  it('is nothing to strangers, nor is a run that is none', async () => {
    const jobId = await generate({ prompt: PROMPT });
    for (const path of ['', '/files', '/files.zip', '/files/README.md'])
      expect((await api.get(`/jobs/${jobId}${path}`, { token: stranger })).status).toBe(404);
    expect((await api.delete(`/jobs/${jobId}`, { token: stranger })).status).toBe(404);
    expect((await api.get(`/jobs/${runOf(jobId)}`, { token })).status).toBe(404);
    const { body } = await api.post('/agents', { prompt: 'Hello' }, { token });
    const other = body.activeRun.id.replace('run_', 'job_');
    expect((await api.get(`/jobs/${other}`, { token })).status).toBe(404);
    expect((await api.get(`/jobs/${other}/files`, { token })).status).toBe(404);
  });
});

describe('the files of a job', () => {
  it('are listed, read one by one and zipped', async () => {
    const jobId = await generate({ prompt: PROMPT });
    await deliverUntilRest(cloud, runOf(jobId));
    const { data } = (await api.get(`/jobs/${jobId}/files`, { token })).body;
    const zip = await cloud.app.request(`/jobs/${jobId}/files.zip`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(zip.headers.get('content-type')).toBe('application/zip');
    const unzipped = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    const texts = Object.entries(unzipped).map(([path, bytes]) => ({
      path,
      content: new TextDecoder().decode(bytes),
    }));
    expect(texts).toEqual(data);
    const one = await cloud.app.request(`/jobs/${jobId}/files/src%2Fserver.js`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(one.headers.get('content-disposition')).toBe('attachment; filename="server.js"');
    expect(one.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await one.text()).toBe(
      data.find(({ path }: { path: string }) => path === 'src/server.js').content,
    );
    expect((await api.get(`/jobs/${jobId}/files/none.js`, { token })).status).toBe(404);
  });

  it('are there while the job is at work, without those it took away', async () => {
    const jobId = await generate({
      prompt: scriptOf(
        { calls: [write('a.js', '1'), write('b.js', '2')] },
        { calls: [{ name: 'delete_file', input: { path: 'a.js' } }] },
        { text: 'No more.', stopReason: 'refusal' },
      ),
    });
    await deliverUntilRest(cloud, runOf(jobId));
    expect((await api.get(`/jobs/${jobId}/files`, { token })).body.data).toEqual([
      { path: 'b.js', content: '2' },
    ]);
    expect((await jobOf(jobId)).result).toEqual({
      success: false,
      files: [{ path: 'b.js', bytes: 1 }],
      pushed: null,
    });
  });
});

describe('DELETE /jobs/:id', () => {
  it('cancels one that has not ended, then forgets it', async () => {
    const jobId = await generate({ prompt: PROMPT });
    const { agentId } = await jobOf(jobId);
    const cancelled = await api.delete(`/jobs/${jobId}`, { token });
    expect(cancelled).toMatchObject({ status: 202, body: { jobId } });
    expect(await jobOf(jobId)).toMatchObject({ state: 'failed', error: { code: 'cancelled' } });
    expect((await api.delete(`/jobs/${jobId}`, { token })).status).toBe(204);
    expect((await api.delete(`/jobs/${jobId}`, { token })).status).toBe(404);
    expect((await api.get(`/agents/${agentId}`, { token })).body.status).toBe('archived');
  });
});
