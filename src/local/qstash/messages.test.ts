import { describe, expect, it } from 'vitest';
import { createTestbed, hold } from './testbed.ts';

const URL_A = 'http://app.test/callback';

describe('messages', () => {
  it('shows a message that waits', async () => {
    const { client, clock } = await createTestbed();
    const { messageId } = await client.publishJSON({
      url: URL_A,
      body: { n: 1 },
      delay: 60,
      retries: 5,
      retryDelay: 'pow(2, retried) * 1000',
      callback: 'http://app.test/called',
      failureCallback: 'http://app.test/failed',
      label: ['one', 'two'],
      headers: { 'Test-Header': 'v' },
      flowControl: { key: 'user', parallelism: 2, rate: 3, period: '1m' },
    });
    expect(await client.messages.get(messageId)).toMatchObject({
      messageId,
      url: URL_A,
      method: 'POST',
      header: { 'Content-Type': ['application/json'], 'Test-Header': ['v'] },
      body: '{"n":1}',
      maxRetries: 5,
      retryDelayExpression: 'pow(2, retried) * 1000',
      notBefore: clock.now() + 60_000,
      createdAt: clock.now(),
      callback: 'http://app.test/called',
      failureCallback: 'http://app.test/failed',
      label: 'one',
      labels: ['one', 'two'],
      flowControlKey: 'user',
      parallelism: 2,
      rate: 3,
      period: 60,
    });
  });

  it('shows hashes in place of what is redacted, and delivers the original', async () => {
    const { client, clock, received } = await createTestbed();
    const { messageId } = await client.publish({
      url: URL_A,
      body: 'secret',
      delay: 1,
      headers: { Authorization: 'Bearer x', Other: 'y' },
      redact: { body: true, header: ['Authorization'] },
    });
    expect(await client.messages.get(messageId)).toMatchObject({
      body: 'REDACTED:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b',
      header: { Authorization: [expect.stringMatching(/^REDACTED:/)], Other: ['y'] },
    });
    await clock.advance(1000);
    expect(received[0]?.body).toBe('secret');
    expect(received[0]?.headers.get('authorization')).toBe('Bearer x');
  });

  it('cancels one, and forgets it', async () => {
    const { client, clock, received, call } = await createTestbed();
    const { messageId } = await client.publish({ url: URL_A, delay: 60 });
    expect(await client.messages.cancel(messageId)).toEqual({ cancelled: 1 });
    expect((await call(`/v2/messages/${messageId}`)).status).toBe(404);
    await clock.advance(60_000);
    expect(received).toEqual([]);
  });

  it('cancels by filter: values are alternatives, parameters must all hold', async () => {
    const { client } = await createTestbed();
    const publish = (path: string, label: string) =>
      client.publish({ url: `http://app.test/${path}`, label, delay: 60 });
    await publish('a', 'x');
    await publish('b', 'x');
    await publish('b', 'y');
    await publish('c', 'z');
    const cancelled = async (filter: Parameters<typeof client.messages.cancel>[0]) =>
      (await client.messages.cancel(filter)).cancelled;
    expect(await cancelled({ filter: { label: ['x', 'y'], path: '/b' } })).toBe(2);
    expect(await cancelled({ filter: { host: 'elsewhere.test' } })).toBe(0);
    expect(await cancelled({ filter: { url: 'http://app.test/c' } })).toBe(1);
    expect(await cancelled({ all: true })).toBe(1);
  });

  it('lets a cancelled delivery arrive, but does not try it again', async () => {
    const { client, clock, answerWith, received } = await createTestbed();
    const { answer, releaseOne } = hold();
    answerWith(async () => {
      await answer();
      return new Response(null, { status: 500 });
    });
    const { messageId } = await client.publish({ url: URL_A });
    await clock.advance(0, { settle: false });
    await client.messages.cancel(messageId);
    releaseOne();
    await clock.advance(86_400_000);
    expect(received).toHaveLength(1);
    const { logs } = await client.logs({ messageIds: [messageId] });
    expect(logs.map(({ state }) => state)).toEqual([
      'CANCELED',
      'ERROR',
      'CANCEL_REQUESTED',
      'ACTIVE',
      'CREATED',
    ]);
  });
});

describe('logs', () => {
  async function withHistory() {
    const bed = await createTestbed();
    bed.answerWith(({ url }) => new Response('told', { status: url.endsWith('bad') ? 500 : 200 }));
    const good = await bed.client.publish({ url: `${URL_A}/good`, body: 'x' });
    const bad = await bed.client.publish({ url: `${URL_A}/bad`, retries: 1, retryDelay: '1000' });
    await bed.clock.advance(1000);
    const gone = await bed.client.publish({ url: `${URL_A}/gone`, delay: 60 });
    await bed.client.messages.cancel(gone.messageId);
    return { ...bed, good, bad, gone };
  }

  it('tells the story of a message, newest first', async () => {
    const { client, good, bad } = await withHistory();
    const states = async (messageId: string) =>
      (await client.logs({ messageIds: [messageId] })).logs.map(({ state }) => state);
    expect(await states(good.messageId)).toEqual(['DELIVERED', 'ACTIVE', 'CREATED']);
    expect(await states(bad.messageId)).toEqual([
      'FAILED',
      'ERROR',
      'ACTIVE',
      'RETRY',
      'ERROR',
      'ACTIVE',
      'CREATED',
    ]);
    const { logs } = await client.logs({ filter: { state: 'ERROR' } });
    expect(logs[0]).toMatchObject({
      url: `${URL_A}/bad`,
      responseStatus: 500,
      error: 'destination answered 500',
    });
  });

  it('pages with a cursor', async () => {
    const { client } = await withHistory();
    const all = (await client.logs()).logs;
    const first = await client.logs({ count: 5 });
    const rest = await client.logs({ cursor: first.cursor });
    expect([...first.logs, ...rest.logs]).toEqual(all);
    expect(rest.cursor).toBeUndefined();
  });

  it('spells a cancelled message for the client and for the document', async () => {
    const { client, call, gone } = await withHistory();
    const { logs } = await client.logs({ filter: { state: 'CANCELED' } });
    expect(logs).toMatchObject([{ messageId: gone.messageId, state: 'CANCELED' }]);
    const documented = await (await call('/v2/logs?state=CANCELLED')).json();
    expect(documented).toMatchObject({ logs: [{ messageId: gone.messageId, state: 'CANCELLED' }] });
  });

  it('groups what is in progress', async () => {
    const { client } = await withHistory();
    const { logs } = await client.logs({ filter: { state: 'IN_PROGRESS' } });
    expect(new Set(logs.map(({ state }) => state))).toEqual(new Set(['ACTIVE', 'ERROR', 'RETRY']));
  });
});
