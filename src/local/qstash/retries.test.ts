import { describe, expect, it } from 'vitest';
import { createTestbed, hold } from './testbed.ts';

const URL_A = 'http://app.test/callback';
const failing = (headers: Record<string, string> = {}, status = 500) =>
  new Response('broken', { status, headers });

describe('retries', () => {
  it('tries three more times by default, after 12 s, 148 s and 1808 s, and then gives up', async () => {
    const { client, clock, service, received, answerWith } = await createTestbed();
    answerWith(() => failing());
    const start = clock.now();
    await client.publish({ url: URL_A, body: 'x' });
    await clock.advance(3_600_000);
    expect(service.deliveries.map(({ at }) => at - start)).toEqual([0, 12_000, 160_000, 1_968_000]);
    expect(received.map(({ headers }) => headers.get('upstash-retried'))).toEqual(['0', '1', '2', '3']);
    expect((await client.dlq.listMessages()).messages).toHaveLength(1);
  });

  it('follows the expression of the message, and the answer before it', async () => {
    const { client, clock, service, answerWith } = await createTestbed();
    answerWith(({ headers }) =>
      failing(headers.get('upstash-retried') === '1' ? { 'Retry-After': '30' } : {}, 503),
    );
    const start = clock.now();
    await client.publish({ url: URL_A, retries: 4, retryDelay: 'pow(2, retried) * 1000' });
    await clock.advance(60_000);
    expect(service.deliveries.map(({ at }) => at - start)).toEqual([0, 1000, 31_000, 35_000, 43_000]);
  });

  it('counts only 2xx as success, and does not follow redirects', async () => {
    const { client, service, answerWith } = await createTestbed();
    answerWith(() => new Response(null, { status: 302, headers: { Location: '/elsewhere' } }));
    await client.publish({ url: URL_A, retries: 0 });
    await service.idle();
    expect((await client.dlq.listMessages()).messages).toMatchObject([{ responseStatus: 302 }]);
  });

  it('gives up at once on 489 with the header, and only with it', async () => {
    const { client, clock, service, received, answerWith } = await createTestbed();
    answerWith(({ url }) =>
      failing(url.endsWith('hopeless') ? { 'Upstash-NonRetryable-Error': 'true' } : {}, 489),
    );
    await client.publish({ url: `${URL_A}/hopeless` });
    await client.publish({ url: `${URL_A}/again`, retries: 1, retryDelay: '1000' });
    await service.idle();
    expect((await client.dlq.listMessages()).messages.map(({ url }) => url)).toEqual([`${URL_A}/hopeless`]);
    await clock.advance(1000);
    expect(received.filter(({ url }) => url.endsWith('again'))).toHaveLength(2);
  });

  it('stops waiting for a destination after the timeout of the message', async () => {
    const { client, clock, service, answerWith } = await createTestbed();
    answerWith(hold().answer);
    await client.publish({ url: URL_A, timeout: 5, retries: 0 });
    await clock.advance(4999, { settle: false });
    expect(service.deliveries).toHaveLength(0);
    await clock.advance(1, { settle: false });
    expect(service.deliveries).toMatchObject([{ status: 0 }]);
    const { logs } = await client.logs({ filter: { state: 'ERROR' } });
    expect(logs).toMatchObject([{ error: 'request timed out' }]);
  });
});

describe('callbacks', () => {
  const decode = (text: string) => Buffer.from(text, 'base64').toString();

  it('calls back after every attempt, also a failed one', async () => {
    const { client, clock, received, service, answerWith } = await createTestbed();
    answerWith(({ url, headers }) => {
      if (url !== URL_A) return new Response(null, { status: 200 });
      return headers.get('upstash-retried') === '0'
        ? failing({ 'X-Why': 'busy' }, 503)
        : new Response('done');
    });
    const { messageId } = await client.publishJSON({
      url: URL_A,
      body: { n: 1 },
      retryDelay: '1000',
      callback: 'http://app.test/called',
      headers: { 'Upstash-Callback-Forward-Kind': 'cb', 'Upstash-Callback-Method': 'PUT' },
    });
    await clock.advance(1000);
    const callbacks = received.filter(({ url }) => url === 'http://app.test/called');
    expect(callbacks.map(({ method, headers }) => [method, headers.get('kind')])).toEqual([
      ['PUT', 'cb'],
      ['PUT', 'cb'],
    ]);
    const [first, second] = callbacks.map(({ body }) => JSON.parse(body));
    expect(first).toEqual({
      status: 503,
      header: expect.objectContaining({ 'X-Why': ['busy'] }),
      body: expect.any(String),
      maxRetries: 3,
      sourceMessageId: messageId,
      url: URL_A,
      method: 'POST',
      sourceHeader: expect.objectContaining({ 'Content-Type': ['application/json'] }),
      sourceBody: Buffer.from('{"n":1}').toString('base64'),
      notBefore: expect.any(Number),
      createdAt: expect.any(Number),
      callerIP: '127.0.0.1',
    });
    expect(second).toMatchObject({ status: 200, retried: 1 });
    expect([decode(first.body), decode(second.body)]).toEqual(['broken', 'done']);
    expect(service.counts).toMatchObject({ published: 1, callbacks: 2, deliveries: 4 });
  });

  it('tells the failure callback once, with the dead letter', async () => {
    const { client, clock, received, answerWith } = await createTestbed();
    answerWith(({ url }) => (url === URL_A ? failing() : new Response('noted')));
    await client.publish({
      url: URL_A,
      retries: 1,
      retryDelay: '1000',
      failureCallback: 'http://app.test/failed',
    });
    await clock.advance(5000);
    const failures = received.filter(({ url }) => url === 'http://app.test/failed');
    expect(failures).toHaveLength(1);
    const { messages } = await client.dlq.listMessages();
    expect(JSON.parse(failures[0]?.body ?? '')).toMatchObject({
      status: 500,
      retried: 1,
      maxRetries: 1,
      dlqId: messages[0]?.dlqId,
    });
  });
});

describe('dead letters', () => {
  async function withDeadLetters() {
    const bed = await createTestbed();
    bed.answerWith(({ url }) => failing({ 'X-Kind': 'bad' }, url.endsWith('2') ? 404 : 500));
    for (const n of [1, 2, 3]) {
      await bed.client.publishJSON({
        url: `${URL_A}/${n}`,
        body: { n },
        retries: 0,
        label: [`l${n}`, 'all'],
      });
      await bed.service.idle();
    }
    return bed;
  }

  it('lists them with the last answer, by filter and page by page', async () => {
    const { client, call } = await withDeadLetters();
    const { messages } = await client.dlq.listMessages();
    expect(messages).toHaveLength(3);
    expect(messages[1]).toMatchObject({
      url: `${URL_A}/2`,
      body: '{"n":2}',
      responseStatus: 404,
      responseHeader: { 'X-Kind': ['bad'] },
      responseBody: 'broken',
      label: 'l2',
      labels: ['l2', 'all'],
    });
    const urls = async (options: Parameters<typeof client.dlq.listMessages>[0]) =>
      (await client.dlq.listMessages(options)).messages.map(({ url }) => url.at(-1));
    expect(await urls({ filter: { responseStatus: 404 } })).toEqual(['2']);
    expect(await urls({ filter: { label: ['l1', 'l3'] } })).toEqual(['1', '3']);
    expect(await urls({ filter: { label: 'all', url: `${URL_A}/3` } })).toEqual(['3']);
    const page = await client.dlq.listMessages({ count: 2 });
    expect(page.messages).toHaveLength(2);
    expect(await urls({ cursor: page.cursor })).toEqual(['3']);
    const one = await call(`/v2/dlq/${messages[0]?.dlqId}`);
    expect(await one.json()).toMatchObject({ url: `${URL_A}/1` });
  });

  it('deletes one, some and all', async () => {
    const { client } = await withDeadLetters();
    const { messages } = await client.dlq.listMessages();
    await client.dlq.delete(messages[0]?.dlqId ?? '');
    expect((await client.dlq.delete({ filter: { responseStatus: 404 } })).deleted).toBe(1);
    expect((await client.dlq.delete({ all: true })).deleted).toBe(1);
    expect((await client.dlq.listMessages()).messages).toEqual([]);
  });

  it('retries them as new messages', async () => {
    const { client, service, received, answerWith } = await withDeadLetters();
    answerWith(() => new Response('fine'));
    const { messages } = await client.dlq.listMessages();
    const { responses } = await client.dlq.retry([messages[0]?.dlqId ?? '', messages[2]?.dlqId ?? '']);
    await service.idle();
    expect(received.slice(3).map(({ body }) => body)).toEqual(['{"n":1}', '{"n":3}']);
    expect(received.slice(3).map(({ headers }) => headers.get('upstash-message-id'))).toEqual(
      responses.map(({ messageId }) => messageId),
    );
    expect((await client.dlq.listMessages()).messages).toHaveLength(1);
  });
});
