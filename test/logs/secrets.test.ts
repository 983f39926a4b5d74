import { afterAll, afterEach, expect, it } from 'vitest';
import { runIdOf } from '../../src/domain/jobs/job-id.ts';
import { openApi } from '../support/api.ts';
import { deliverUntilRest, scriptOf } from '../support/deliver.ts';
import { TRACKER_ORIGIN, trackerServer } from '../support/mcp-server.ts';
import { collectLog } from './log-lines.ts';

const log = collectLog();
afterAll(() => log.restore());
const tracker = trackerServer();
const { cloud, api, token } = await openApi({
  env: { LOG_LEVEL: 'debug' },
  others: { tracker: { origin: TRACKER_ORIGIN, handle: (request) => tracker.handle(request) } },
});
/** What the product sent to show who it is, wherever it went. */
const shown = new Set<string>();
afterEach(() => {
  cloud.fetches.intercept = (_service, _request, send) => send();
  log.clear();
  shown.clear();
});

const note = (request: Request) => {
  for (const name of ['authorization', 'x-api-key']) {
    const value = request.headers.get(name)?.replace(/^(Bearer|token) /i, '');
    if (value) shown.add(value);
  }
};

/** @param said what was said or written, which is nobody's to read in a log either */
function expectSilence(said: readonly string[]): void {
  const text = log.raw.join('\n');
  expect(text).not.toBe('');
  expect([...shown, ...said].filter((secret) => text.includes(secret))).toEqual([]);
  expect(text).not.toMatch(/Bearer |eyJ[\w-]+\.|gh[ou]_|v1\.[0-9a-f]{8}\./);
}

it('the log of a run that falls back, with keys of its user, has no key', async () => {
  const [first, second] = ['own-key-at-anthropic-0001', 'model-key'];
  await api.put('/provider-keys/openai', { key: `${second}-of-the-user-00` }, { token });
  await api.put('/provider-keys/anthropic', { key: first }, { token });
  cloud.fetches.intercept = (service, request, send) => {
    note(request);
    // A provider that repeats the key it was sent, as some do.
    if (service === 'model') {
      const error = { type: 'overloaded_error', message: `busy: ${request.headers.get('x-api-key')}` };
      return Promise.resolve(Response.json({ type: 'error', error }, { status: 529 }));
    }
    const key = request.headers.get('authorization');
    if (service === 'chat' && request.url.includes('/openai/')) {
      return Promise.resolve(Response.json({ error: { message: `invalid key ${key}` } }, { status: 401 }));
    }
    return send();
  };
  const fallbacks = [
    { provider: 'openai', model: 'gpt-6-sol' },
    { provider: 'ollama', model: 'qwen3-coder' },
  ];
  const prompt = `mark-prompt ${scriptOf({ text: 'mark-reply' })}`;
  const { body } = await api.post('/agents', { fallbacks, prompt }, { token });
  expect(await deliverUntilRest(cloud, body.activeRun.id)).toBe('completed');
  expect(log.lines('step')).not.toEqual([]);
  expect([...shown]).toEqual(expect.arrayContaining([first, `${second}-of-the-user-00`]));
  expectSilence(['mark-prompt', 'mark-reply']);
  await Promise.all(
    ['openai', 'anthropic'].map((provider) => api.delete(`/provider-keys/${provider}`, { token })),
  );
});

it('the log of calls to a remote MCP server has no header of it, refusals and outages included', async () => {
  const headers = { authorization: 'Bearer tracker-secret' };
  const made = await api.post(
    '/mcp-servers',
    { name: 'tracker', url: `${TRACKER_ORIGIN}/mcp`, headers },
    { token },
  );
  expect(made.status).toBe(201);
  const create = 'mcp__tracker__create_ticket';
  const call = (title: string) => ({ calls: [{ name: create, input: { title } }] });
  const start = async (...turns: object[]) => {
    const policies = { [create]: 'always' };
    const agent = { prompt: scriptOf(...turns), policies, mcpServers: [made.body.id] };
    const { body } = await api.post('/agents', agent, { token });
    return deliverUntilRest(cloud, body.activeRun.id);
  };
  let answers: 'all' | 'none' | 'echo' = 'all';
  cloud.fetches.intercept = async (service, request, send) => {
    note(request);
    const isCall = service === 'tracker' && (await cloud.fetches.textOf(request)).includes('tools/call');
    if (!isCall || answers === 'all') return send();
    if (answers === 'none') throw new TypeError('the connection was lost');
    return new Response(`who is ${request.headers.get('authorization')}?`, { status: 401 });
  };
  expect(await start(call('mark-title'), { text: 'Done.' })).toBe('completed');
  expect(await start(call('refuse'), { text: 'Done.' })).toBe('completed');
  answers = 'echo';
  await start(call('mark-title'), { text: 'Done.' });
  answers = 'none';
  await start(call('mark-title'), { text: 'Done.' });
  expect(log.lines('step').length).toBeGreaterThanOrEqual(3);
  expect([...shown]).toContain('tracker-secret');
  expectSilence(['mark-title']);
});

it('the log of a job that pushes what it made has no token and none of its words, failures included', async () => {
  let isRefused = false;
  cloud.fetches.intercept = (service, request, send) => {
    note(request);
    if (isRefused && service === 'github' && request.method === 'POST') {
      const message = `Bad credentials: ${request.headers.get('authorization')}`;
      return Promise.resolve(Response.json({ message }, { status: 401 }));
    }
    return send();
  };
  const prompt = 'A REST API for notes, with tags and search. mark-prompt';
  const generate = async (repository: string) => {
    const { body } = await api.post('/generate-backend', { prompt, repository }, { token });
    return deliverUntilRest(cloud, runIdOf(body.jobId) ?? '');
  };
  expect(await generate('demo/logged')).toBe('completed');
  isRefused = true;
  expect(await generate('demo/refused')).toBe('failed');
  expect([...shown].some((value) => value.startsWith('gho_') || value.startsWith('ghu_'))).toBe(true);
  expectSilence(['mark-prompt', 'createServer', 'Input is validated']);
});
