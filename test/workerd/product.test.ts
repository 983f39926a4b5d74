import { readFile } from 'node:fs/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCadence, type Followed } from '../../client/src/index.ts';
import { type Booted, boot } from '../../src/local/boot.ts';
import { signIn } from '../../src/local/sign-in.ts';
import { readBranch } from '../support/branch.ts';

const TASK = { repository: 'demo/todo-api', prompt: 'Add a DELETE /todos/:id endpoint with a test' };
const SEEN_BEFORE_LEAVING = 12;
/** Of 64 KiB each: half a gibibyte. */
const MOST_CHUNKS = 8_192;

let booted: Booted;
const lines: string[] = [];
beforeAll(async () => {
  booted = await boot({ env: { LOG_LEVEL: 'warn' }, onLine: (line) => lines.push(line) });
});
afterAll(() => booted?.close());

describe('the built Worker in plain workerd', () => {
  it('is healthy, and everything it needs answers', async () => {
    const health = await fetch(`${booted.url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await fetch(`${booted.url}/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ready' }]);
  });

  it('refuses who is not signed in, and a callback that QStash did not sign', async () => {
    expect((await fetch(`${booted.url}/api/v1/agents`)).status).toBe(401);
    const forged = await fetch(`${booted.url}/api/v1/callbacks/run`, { method: 'POST', body: '{}' });
    expect(forged.status).toBe(401);
  });

  it('carries a task from the prompt to the pull request, to a client that leaves and comes back', async () => {
    const cadence = createCadence({ baseUrl: booted.url, tokens: await signIn(booted.url) });
    const { activeRun } = await cadence.createAgent({ body: TASK });
    const path = { runId: activeRun?.id ?? '' };

    const events: Followed[] = [];
    const durable = () => events.filter(({ id }) => id !== undefined);
    for await (const event of cadence.events(path)) {
      events.push(event);
      if (durable().length === SEEN_BEFORE_LEAVING) break;
    }
    const after = durable().at(-1)?.id;
    for await (const event of cadence.events(path, { after })) events.push(event);

    expect(durable().map(({ id }) => Number(id))).toEqual(durable().map((_, at) => at + 1));
    expect(durable().at(-1)?.type).toBe('run.completed');
    expect(events.some(({ type }) => type === 'message.delta')).toBe(true);

    const run = await cadence.getRun({ path });
    expect(run).toMatchObject({ status: 'completed', error: null });
    expect(run.result.pullRequest?.url).toContain(booted.cloud.github.url);
    expect(await cadence.getDiff({ path })).toContain("+    { method: 'DELETE', path: '/todos/:id'");
    const { messages, pullRequests } = await readBranch(booted.cloud, run.result.branch ?? '');
    expect(messages).toHaveLength(1);
    expect(pullRequests).toHaveLength(1);
    expect(booted.cloud.counts()).toMatchObject({ modelCalls: run.stepCount });
  });

  it('is a server to the MCP SDK’s own client', async () => {
    const { accessToken } = await signIn(booted.url);
    const client = new Client({ name: 'assistant', version: '1.0.0' });
    const requestInit = { headers: { authorization: `Bearer ${accessToken}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', booted.url), { requestInit }));
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('decide_approval');
    const { structuredContent } = await client.callTool({ name: 'list_repositories' });
    expect(structuredContent).toMatchObject({ data: [{ fullName: 'demo/todo-api' }] });
    const refused = await client.callTool({ name: 'get_run', arguments: { runId: 'run_none' } });
    expect(refused).toMatchObject({ isError: true, structuredContent: { code: 'notFound' } });
    await client.close();
  });

  it('ends an open stream when its session is revoked', async () => {
    const [phone, desk] = [await signIn(booted.url), await signIn(booted.url)];
    const as = ({ accessToken }: { accessToken: string }) => ({ authorization: `Bearer ${accessToken}` });
    const cadence = createCadence({ baseUrl: booted.url, tokens: phone });
    const { id } = await cadence.createAgent({ body: { name: 'Followed' } });
    const stream = await fetch(`${booted.url}/api/v1/agents/${id}/events`, { headers: as(phone) });
    const story = stream.text();
    // It has subscribed and looked.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const at = Date.now();
    const [sessionId] = phone.refreshToken.split('.');
    const headers = as(desk);
    const revoked = await fetch(`${booted.url}/api/v1/sessions/${sessionId}`, { method: 'DELETE', headers });
    expect(revoked.status).toBe(204);
    expect(await story).toMatch(/event: auth\.expired\n/);
    // Told, not found by looking again.
    expect(Date.now() - at).toBeLessThan(10_000);
  });

  it.skipIf(process.platform !== 'linux')(
    'stays small while bodies of any length are sent to it',
    async () => {
      const residentMiB = async () => {
        const status = await readFile(`/proc/${booted.worker().pid}/status`, 'utf8');
        return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
      };
      const chunk = new Uint8Array(65_536).fill(0x20);
      let sent = 0;
      const endless = () =>
        new ReadableStream<Uint8Array>({
          pull(controller) {
            sent += 1;
            if (sent > MOST_CHUNKS) return controller.close();
            controller.enqueue(chunk);
          },
        });
      const before = await residentMiB();
      const answers = await Promise.allSettled(
        Array.from({ length: 32 }, () => {
          const headers = { 'content-type': 'application/json' };
          const init = { method: 'POST', headers, body: endless(), duplex: 'half' } as const;
          return fetch(`${booted.url}/api/v1/auth/refresh`, init).then(({ status }) => status);
        }),
      );
      // Some learn of the end of their connection before they have read the answer.
      const statuses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      expect(new Set([413, ...statuses])).toEqual(new Set([413]));
      // workerd itself reads on, and keeps nothing of it.
      expect((await residentMiB()) - before).toBeLessThan(MOST_CHUNKS / 16 / 4);
      expect((await fetch(`${booted.url}/health`)).status).toBe(200);
    },
  );

  it('sweeps at the tick of its cron trigger', async () => {
    const before = booted.cloud.counts().redisCommands;
    await booted.worker().tick();
    await expect.poll(() => booted.cloud.counts().redisCommands).toBeGreaterThan(before);
  });

  it('has nothing to complain about', () => {
    // workerd itself mentions clients that leave.
    expect(lines.filter((line) => line.startsWith('{'))).toEqual([]);
  });
});
