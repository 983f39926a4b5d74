import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { sweep } from '../../src/engine/sweep.ts';
import { traceIdOf } from '../../src/trace.ts';
import { openApi } from '../support/api.ts';
import { scriptOf } from '../support/deliver.ts';
import { collectLog, type LogLine } from './log-lines.ts';

/** QStash calls back by itself here, with the headers that it was given. */
const log = collectLog();
afterAll(() => log.restore());
const { cloud, api, token } = await openApi({
  env: { LOG_LEVEL: 'debug', STEPS_PER_CALLBACK: '1' },
  qstash: { fetch: (input, init) => fetch(input, init) },
});
beforeEach(() => log.clear());

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traced = { token, headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` } };
const note = (n: number) => ({ text: `Step ${n}.`, calls: [{ name: 'update_plan', input: plan(n) }] });
const plan = (n: number) => ({ steps: [{ title: `Part ${n}`, status: 'inProgress' }] });
const stepsOf = (runId: string) => log.lines('step').filter((line) => line.runId === runId);

async function untilOver(runId: string): Promise<string> {
  const status = async () => (await api.get(`/runs/${runId}`, { token })).body.status;
  await expect.poll(status, { timeout: 15_000, interval: 50 }).toMatch(/completed|failed|cancelled/);
  return status();
}

describe('a trace', () => {
  it('goes from the request through every hand-over to the last step', async () => {
    const prompt = scriptOf(note(1), note(2), { text: 'Done.' });
    const { body } = await api.post('/agents', { prompt }, traced);
    const runId: string = body.activeRun.id;
    expect(await untilOver(runId)).toBe('completed');
    await expect.poll(() => stepsOf(runId)).toHaveLength(3);
    expect(stepsOf(runId).map(({ stepNo, traceId }) => [stepNo, traceId])).toEqual([
      [1, TRACE],
      [2, TRACE],
      [3, TRACE],
    ]);
    const deliveries = log.lines('request').filter(({ route }) => route === '/api/v1/callbacks/run');
    expect(deliveries.length).toBeGreaterThanOrEqual(3);
    expect(new Set(deliveries.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  });

  it('is found again by the sweeper when the dispatch was lost, and by whoever takes a dead worker over', async () => {
    let failures = 0;
    cloud.fetches.intercept = async (service, request, send) => {
      const isCommit = service === 'neon' && (await request.clone().text()).includes('INSERT INTO steps');
      if (service === 'qstash' && failures === 0) {
        failures += 1;
        throw new TypeError('the queue is away');
      }
      if (isCommit && failures === 1) {
        failures += 1;
        // Nothing of this worker is heard any more.
        return new Promise(() => {});
      }
      return send();
    };
    const prompt = scriptOf(note(1), { text: 'Done.' });
    const { body } = await api.post('/agents', { prompt }, traced);
    const runId: string = body.activeRun.id;
    expect(log.lines('dispatchLost')).toMatchObject([{ runId, traceId: TRACE }]);
    for (const lost of ['the dispatch', 'the worker']) {
      await cloud.db.execute(
        `UPDATE runs SET sweep_after = engine_now(), lease_expires_at = engine_now() WHERE id = '${runId}'`,
      );
      expect(await sweep(cloud.context.engine), lost).toBe(1);
      if (lost === 'the dispatch') await expect.poll(() => failures, { timeout: 10_000 }).toBe(2);
    }
    expect(await untilOver(runId)).toBe('completed');
    await expect.poll(() => stepsOf(runId).length).toBeGreaterThanOrEqual(2);
    expect(stepsOf(runId).map(({ traceId }) => traceId)).toEqual(stepsOf(runId).map(() => TRACE));
  });

  it('of a message that waits is the one of the run that it starts', async () => {
    const other = 'a'.repeat(32);
    const { body } = await api.post(
      '/agents',
      { prompt: scriptOf({ text: 'One.', chunkDelayMs: 100 }) },
      traced,
    );
    await api.post(
      `/agents/${body.id}/messages`,
      { text: scriptOf({ text: 'Two.' }), deliver: 'afterRun' },
      { token, headers: { traceparent: `00-${other}-00f067aa0ba902b7-01` } },
    );
    const traces = () => {
      const lines = log.lines('step').filter(({ agentId }) => agentId === body.id);
      return lines.map(({ traceId }) => traceId);
    };
    await expect.poll(traces, { timeout: 15_000 }).toEqual([TRACE, other]);
  });

  it('is sent to nobody but our queue', async () => {
    const seen = new Map<string, (string | null)[]>();
    cloud.fetches.intercept = (service, request, send) => {
      seen.set(service, [...(seen.get(service) ?? []), request.headers.get('traceparent')]);
      const forwarded = request.headers.get('upstash-forward-traceparent');
      if (service === 'qstash') expect(traceIdOf(forwarded ?? undefined)).toBe(TRACE);
      return send();
    };
    const prompt = 'Add a DELETE /todos/:id endpoint with a test';
    const { body } = await api.post('/agents', { prompt, repository: 'demo/todo-api' }, traced);
    expect(await untilOver(body.activeRun.id)).toBe('completed');
    for (const service of ['neon', 'redis', 'github', 'model', 'qstash']) {
      expect(new Set(seen.get(service)), service).toEqual(new Set([null]));
    }
  });
});

describe('the line of a step', () => {
  it('says what it took', async () => {
    const { body } = await api.post('/agents', { prompt: scriptOf(note(1), { text: 'Done.' }) }, { token });
    const runId: string = body.activeRun.id;
    await untilOver(runId);
    await expect.poll(() => stepsOf(runId)).toHaveLength(2);
    expect(stepsOf(runId)).toMatchObject([
      { stepNo: 1, toolCalls: 1, outcome: 'committed', status: 'queued', model: 'claude-sonnet-5' },
      { stepNo: 2, toolCalls: 0, outcome: 'committed', status: 'completed', agentId: body.id },
    ]);
    const numbers = [
      'epoch',
      'inputTokens',
      'outputTokens',
      'cacheReadTokens',
      'cacheWriteTokens',
      'costMicroUsd',
      'modelMs',
      'toolsMs',
      'durationMs',
    ];
    for (const line of stepsOf(runId)) {
      expect(numbers.filter((name) => typeof line[name] !== 'number')).toEqual([]);
      expect(Number(line.costMicroUsd)).toBeGreaterThan(0);
    }
  });
});

describe('the line of a request', () => {
  const last = (): LogLine | undefined => log.lines('request').at(-1);

  it('says what was asked, by whom, and how it was answered', async () => {
    const { headers } = await api.get('/agents/agent_none', {
      token,
      headers: { 'x-request-id': 'phone-7' },
    });
    expect(last()).toMatchObject({
      level: 'info',
      method: 'GET',
      route: '/api/v1/agents/:agentId',
      status: 404,
      requestId: headers.get('x-request-id'),
      clientRequestId: 'phone-7',
      userId: expect.stringMatching(/^user_/),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      durationMs: expect.any(Number),
    });
  });

  it('says that an answer was given before', async () => {
    const again = { token, headers: { 'idempotency-key': 'log-1' } };
    await api.post('/agents', { name: 'Once' }, again);
    expect(last()).not.toHaveProperty('idempotencyReplayed');
    await api.post('/agents', { name: 'Once' }, again);
    expect(last()).toMatchObject({ status: 201, idempotencyReplayed: true });
  });

  it.each(['two words', 'x'.repeat(101), '{"level":"error"}', 'naïve'])(
    'does not take over %j',
    async (id) => {
      await api.get('/health', { headers: { 'x-request-id': id } });
      expect(last()).not.toHaveProperty('clientRequestId');
    },
  );

  it('has a new trace for a traceparent that is none', async () => {
    await api.get('/health', { headers: { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` } });
    expect(last()?.traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  });
});

it('nothing that is secret or that anybody said is in the log of a run, failures included', async () => {
  const marks = { prompt: 'mark-prompt', file: 'mark-file', reply: 'mark-reply', key: 'mark-key' };
  const owner = await cloud.signIn();
  const githubTokens: string[] = [];
  cloud.fetches.intercept = async (service, request, send) => {
    const authorization = request.headers.get('authorization');
    if (service === 'github' && authorization) githubTokens.push(authorization.split(' ')[1] ?? '');
    return send();
  };
  const calls = [
    { name: 'write_file', input: { path: 'NOTES.md', content: marks.file } },
    { name: 'commit', input: { message: marks.file } },
  ];
  const prompt = `${marks.prompt} ${scriptOf({ text: marks.reply, calls }, { text: marks.reply })}`;
  const options = { token: owner.accessToken, headers: { 'idempotency-key': marks.key } };
  const { body } = await api.post(
    '/agents',
    { prompt, repository: 'demo/todo-api', instructions: marks.prompt },
    options,
  );
  const runId: string = body.activeRun.id;
  expect(await untilOver(runId)).toBe('completed');
  // Failures say the most.
  cloud.fetches.intercept = async (service, _request, send) => {
    if (service === 'neon') return Response.json({ message: 'out of order', code: 'XX000' }, { status: 400 });
    return send();
  };
  const failed = await api.post('/agents', { prompt }, { token: owner.accessToken });
  expect(failed.status).toBe(500);
  cloud.fetches.intercept = (service, _request, send) => {
    if (service !== 'neon') throw new TypeError('nobody is there');
    return send();
  };
  await api.post('/agents', { prompt }, { token: owner.accessToken });
  await api.get('/agents?cursor=nonsense', { headers: { authorization: `Bearer ${owner.accessToken}x` } });
  expect(log.lines('requestFailed')).not.toEqual([]);
  const text = log.raw.join('\n');
  expect(githubTokens.length).toBeGreaterThan(0);
  const secrets = [
    owner.accessToken,
    owner.refreshToken,
    ...githubTokens,
    ...['redis-token', 'model-key', 'webhook-secret', 'a secret of thirty-two characters', '0f'.repeat(32)],
    ...Object.values(marks),
  ];
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  expect(text).not.toMatch(/Bearer |eyJ[\w-]+\.|postgres:\/\/|gh[ou]_/);
});
