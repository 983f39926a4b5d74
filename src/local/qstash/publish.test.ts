import { describe, expect, it } from 'vitest';
import { createTestbed } from './testbed.ts';

const URL_A = 'http://app.test/callback';

describe('publish', () => {
  it('delivers a JSON body with the headers of the service', async () => {
    const { client, service, received } = await createTestbed();
    const { messageId } = await client.publishJSON({
      url: URL_A,
      body: { hello: 'wörld' },
      headers: { 'Test-Header': 'test-value' },
    });
    await service.idle();
    expect(received).toHaveLength(1);
    const [request] = received;
    expect(request?.body).toBe('{"hello":"wörld"}');
    expect(request?.method).toBe('POST');
    expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
      'content-type': 'application/json',
      'test-header': 'test-value',
      'user-agent': 'Upstash-QStash',
      'upstash-message-id': messageId,
      'upstash-retried': '0',
      'upstash-region': 'EU-CENTRAL-1',
      'upstash-caller-ip': '127.0.0.1',
    });
    expect(service.counts).toMatchObject({ published: 1, deliveries: 1 });
    expect(service.deliveries).toMatchObject([{ messageId, url: URL_A, retried: 0, status: 200 }]);
  });

  it('keeps every byte of the destination and of the body', async () => {
    const { call, service, received } = await createTestbed();
    const url = 'http://app.test//a//b?x=1&y=a%20b&z=http://other//?q=1';
    const response = await call(`/v2/publish/${url}`, { method: 'POST', body: new Uint8Array([0, 255, 10]) });
    expect(response.status).toBe(200);
    await service.idle();
    expect(received[0]?.url).toBe(url);
    expect([...(received[0]?.bytes ?? [])]).toEqual([0, 255, 10]);
  });

  it('takes the token and options from the query and does not pass them on', async () => {
    const { service, received, clock } = await createTestbed();
    const path = `/v2/publish/${URL_A}?a=1&qstash_token=${TOKEN}&upstash-delay=5s&upstash-method=PUT`;
    expect((await fetch(service.url + path, { method: 'POST' })).status).toBe(200);
    await service.idle();
    expect(received).toHaveLength(0);
    await clock.advance(5000);
    expect(received).toMatchObject([{ url: `${URL_A}?a=1`, method: 'PUT' }]);
  });

  it('waits for a delay, and for a time in seconds that wins over it', async () => {
    const { client, clock, received } = await createTestbed();
    await client.publish({ url: `${URL_A}/delay`, headers: { 'Upstash-Delay': '1m10s' } });
    const notBefore = Math.ceil(clock.now() / 1000) + 30;
    await client.publish({ url: `${URL_A}/not-before`, delay: '1h', notBefore });
    await clock.advance(29_000);
    expect(received).toHaveLength(0);
    await clock.advance(2000);
    expect(received.map(({ url }) => url)).toEqual([`${URL_A}/not-before`]);
    await clock.advance(40_000);
    expect(received.map(({ url }) => url)).toEqual([`${URL_A}/not-before`, `${URL_A}/delay`]);
  });

  it('answers a batch item by item, with the error of each that is wrong', async () => {
    const { client, service, received } = await createTestbed();
    const answers = await client.batchJSON([
      { url: `${URL_A}/1`, body: { n: 1 } },
      { url: 'no-scheme.test', body: {} },
      { url: `${URL_A}/3`, body: { n: 3 }, queueName: 'batched' },
      { url: `${URL_A}/4`, headers: { 'Upstash-Delay': 'soon' } },
    ]);
    expect(answers).toMatchObject([
      { messageId: expect.stringMatching(/^msg_/) },
      { error: 'invalid destination url: endpoint has invalid scheme, add http:// or https://' },
      { messageId: expect.stringMatching(/^msg_/) },
      { error: 'invalid delay: soon' },
    ]);
    await service.idle();
    expect(received.map(({ body }) => body)).toEqual(['{"n":1}', '{"n":3}']);
    expect((await client.queue({ queueName: 'batched' }).list()).map(({ name }) => name)).toEqual([
      'batched',
    ]);
  });
});

describe('deduplication', () => {
  it('answers a repeated id with the first message for ten minutes, even when that is done', async () => {
    const { client, call, clock, service, received } = await createTestbed();
    const { messageId } = await client.publishJSON({ url: URL_A, deduplicationId: 'run.1' });
    await service.idle();
    const repeat = await call(`/v2/publish/${URL_A}`, {
      method: 'POST',
      headers: { 'Upstash-Deduplication-Id': 'run.1' },
    });
    expect(repeat.status).toBe(202);
    expect(await repeat.json()).toEqual({ messageId, deduplicated: true });
    expect(received).toHaveLength(1);
    await clock.advance(10 * 60_000);
    const later = await client.publishJSON({ url: URL_A, deduplicationId: 'run.1' });
    expect(later.messageId).not.toBe(messageId);
    expect(service.counts).toMatchObject({ published: 2, deduplicated: 1 });
  });

  it('still knows a cancelled message', async () => {
    const { client } = await createTestbed();
    const first = await client.publishJSON({ url: URL_A, delay: '1h', deduplicationId: 'run.2' });
    await client.messages.cancel(first.messageId);
    expect(await client.publishJSON({ url: URL_A, deduplicationId: 'run.2' })).toEqual({
      messageId: first.messageId,
      deduplicated: true,
    });
  });

  it('compares destination, body and forwarded headers when asked to go by content', async () => {
    const { client, service, received } = await createTestbed();
    const publish = (body: object, header = 'a', url = URL_A) =>
      client.publishJSON({ url, body, headers: { 'X-Kind': header }, contentBasedDeduplication: true });
    const first = await publish({ n: 1 });
    expect(await publish({ n: 1 })).toEqual({ messageId: first.messageId, deduplicated: true });
    await publish({ n: 2 });
    await publish({ n: 1 }, 'b');
    await publish({ n: 1 }, 'a', `${URL_A}?other`);
    await service.idle();
    expect(received).toHaveLength(4);
  });
});

const TOKEN = 'eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=';
