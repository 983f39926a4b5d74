import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest } from '../../../test/support/deliver.ts';
import { tokenFor } from '../../../test/support/token.ts';

const { cloud, api, token, userId } = await openApi();

async function start(prompt: string) {
  const { body } = await api.post('/agents', { prompt }, { token });
  return { agentId: body.id, runId: body.activeRun.id };
}

const follow = (path: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  cloud.app.request(
    new Request(`http://cadence.test${path}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(signal ? { signal } : {}),
    }),
  );

/** The events of a stream that ends by itself. */
async function read(response: Response) {
  return (await response.text())
    .split('\n\n')
    .filter((block) => block.includes('event: '))
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      return { type: field('event'), id: field('id'), data: JSON.parse(field('data') ?? 'null') };
    });
}

describe('GET /runs/:id/events', () => {
  it('streams a run as it works, to its end', async () => {
    const { runId } = await start('What can you do?');
    const response = await follow(`/api/runs/${runId}/events`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toContain('no-store');
    const events = read(response);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const durable = (await events).filter(({ id }) => id);
    expect(durable.map(({ type }) => type)).toEqual([
      'run.queued',
      'run.started',
      'message.completed',
      'run.completed',
    ]);
    expect(durable.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
    expect(durable[3]?.data).toMatchObject({ seq: 4, type: 'run.completed', speech: expect.any(String) });
  });

  it('goes on behind the last event that the client knows; what it came back with wins', async () => {
    const { runId } = await start('What can you do?');
    await deliverUntilRest(cloud, runId);
    const ids = async (query: string, headers = {}) =>
      (await read(await follow(`/runs/${runId}/events${query}`, headers))).map(({ id }) => id);
    expect(await ids('?after=2')).toEqual(['3', '4']);
    expect(await ids('?after=1', { 'last-event-id': '3' })).toEqual(['4']);
  });

  it('tells a client that has it all not to come back', async () => {
    const { runId } = await start('What can you do?');
    await deliverUntilRest(cloud, runId);
    const response = await follow(`/runs/${runId}/events`, { 'last-event-id': '4' });
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  it('is a page for who asks for JSON', async () => {
    const { runId } = await start('What can you do?');
    await deliverUntilRest(cloud, runId);
    const headers = { accept: 'application/json' };
    const { status, body } = await api.get(`/runs/${runId}/events?after=2`, { token, headers });
    expect(status).toBe(200);
    expect(body.nextCursor).toBeNull();
    expect(body.data).toMatchObject([
      { seq: 3, type: 'message.completed' },
      { seq: 4, type: 'run.completed' },
    ]);
  });

  it.each(['-1', 'x', '1.5', '01', '99999999999'])('refuses the cursor %s', async (cursor) => {
    const { runId } = await start('Hello');
    const byQuery = await api.get(`/runs/${runId}/events?after=${cursor}`, { token });
    expect([byQuery.status, byQuery.body.errors[0].field]).toEqual([400, 'query.after']);
    const headers = { 'last-event-id': cursor };
    const byHeader = await api.get(`/runs/${runId}/events`, { token, headers });
    expect([byHeader.status, byHeader.body.errors[0].field]).toEqual([400, 'header.last-event-id']);
  });

  it('ends with its token', async () => {
    const { runId } = await start('Hello');
    // Tokens count whole seconds: this one has between one and two left.
    const soonOver = new Date(Date.now() - 898_000);
    const lines = { ...cloud.context, lines: [], clock: { now: soonOver }, now: () => soonOver };
    const brief = await tokenFor(lines, userId);
    const response = await follow(`/runs/${runId}/events`, { authorization: `Bearer ${brief}` });
    expect(response.status).toBe(200);
    expect((await read(response)).at(-1)).toMatchObject({ type: 'auth.expired', id: undefined });
  });

  it('gives its subscription up when the client leaves', async () => {
    const { runId } = await start('Hello');
    let subscribed: AbortSignal | undefined;
    cloud.fetches.intercept = (_service, request, send) => {
      if (request.url.includes('/subscribe/')) subscribed = request.signal;
      return send();
    };
    const client = new AbortController();
    const response = await follow(`/runs/${runId}/events`, {}, client.signal);
    const reader = response.body?.getReader();
    for (let text = ''; !text.includes('run.queued'); ) {
      text += new TextDecoder().decode((await reader?.read())?.value);
    }
    expect(subscribed?.aborted).toBe(false);
    client.abort();
    expect(subscribed?.aborted).toBe(true);
    await reader?.cancel();
  });
});

describe('GET /agents/:id/events', () => {
  it('goes from run to run and ends with the agent', async () => {
    const { agentId, runId } = await start('What can you do?');
    await deliverUntilRest(cloud, runId);
    const events = read(await follow(`/agents/${agentId}/events?after=${runId}.3`));
    const text = 'What else can you do?';
    const next = (await api.post(`/agents/${agentId}/messages`, { text }, { token })).body.run.id;
    await api.delete(`/agents/${agentId}`, { token });
    expect((await events).filter(({ id }) => id).map(({ id, type }) => [id, type])).toEqual([
      [`${runId}.4`, 'run.completed'],
      [`${next}.1`, 'run.queued'],
      [`${next}.2`, 'run.cancelled'],
    ]);
  });

  it.each(['1', 'run_1.2', 'nonsense'])('refuses the cursor %s', async (cursor) => {
    const { agentId } = await start('Hello');
    const { status, body } = await api.get(`/agents/${agentId}/events?after=${cursor}`, { token });
    expect([status, body.errors[0].field]).toEqual([400, 'query.after']);
  });
});
