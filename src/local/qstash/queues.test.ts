import { describe, expect, it } from 'vitest';
import { createTestbed, hold } from './testbed.ts';

const url = (name: string | number) => `http://app.test/${name}`;

describe('queues', () => {
  it('deliver in order, and wait for the retries and callbacks of the message before', async () => {
    const { client, clock, service, answerWith } = await createTestbed();
    answerWith((request) => {
      const fails = request.url === url(1) && request.headers.get('upstash-retried') === '0';
      return new Response(null, { status: fails ? 500 : 200 });
    });
    const queue = client.queue({ queueName: 'q' });
    await queue.enqueueJSON({ url: url(1), retryDelay: '1000', callback: url('called') });
    await queue.enqueueJSON({ url: url(2) });
    await service.idle();
    expect(service.deliveries.map((delivery) => delivery.url)).toEqual([url(1), url('called')]);
    expect((await queue.get()).lag).toBe(2);
    await clock.advance(1000);
    expect(service.deliveries.map((delivery) => delivery.url)).toEqual([
      url(1),
      url('called'),
      url(1),
      url('called'),
      url(2),
    ]);
    expect(await queue.get()).toMatchObject({ name: 'q', parallelism: 1, paused: false, lag: 0 });
  });

  it('deliver as many at a time as their parallelism says', async () => {
    const { client, clock, received, answerWith } = await createTestbed();
    const held = hold();
    answerWith(held.answer);
    const queue = client.queue({ queueName: 'q' });
    await queue.upsert({ parallelism: 2 });
    for (const n of [1, 2, 3]) await queue.enqueueJSON({ url: url(n) });
    await clock.advance(0, { settle: false });
    expect(received.map((request) => request.url)).toEqual([url(1), url(2)]);
    held.releaseOne();
    await clock.advance(0, { settle: false });
    expect(received.map((request) => request.url)).toEqual([url(1), url(2), url(3)]);
  });

  it('hold everything back while paused, and lose it when deleted', async () => {
    const { client, service, received } = await createTestbed();
    const queue = client.queue({ queueName: 'q' });
    await queue.upsert({ paused: true });
    await queue.enqueueJSON({ url: url(1) });
    await service.idle();
    expect(received).toEqual([]);
    await queue.resume();
    await service.idle();
    expect(received).toHaveLength(1);
    await queue.pause();
    expect((await queue.get()).paused).toBe(true);
    await queue.enqueueJSON({ url: url(2) });
    await queue.delete();
    expect(await queue.list()).toEqual([]);
    expect((await client.messages.cancel({ all: true })).cancelled).toBe(0);
  });
});

describe('flow control', () => {
  it('lets no more calls run at once than its parallelism, whatever the URL', async () => {
    const { client, clock, received, answerWith } = await createTestbed();
    const held = hold();
    answerWith(held.answer);
    for (const n of [1, 2, 3, 4]) {
      await client.publish({ url: url(n), flowControl: { key: 'user', parallelism: 2 } });
    }
    await client.publish({ url: url('free') });
    await clock.advance(0, { settle: false });
    expect(received.map((request) => request.url)).toEqual([url(1), url(2), url('free')]);
    expect(await client.flowControl.get('user')).toMatchObject({
      flowControlKey: 'user',
      waitListSize: 2,
      parallelismMax: 2,
      parallelismCount: 2,
    });
    expect((await client.flowControl.getGlobalParallelism()).parallelismCount).toBe(3);
    held.releaseOne();
    await clock.advance(0, { settle: false });
    expect(received).toHaveLength(4);
  });

  it('lets as many calls start in a period as its rate', async () => {
    const { client, clock, service } = await createTestbed();
    const start = clock.now();
    for (const n of [1, 2, 3, 4, 5]) {
      await client.publish({ url: url(n), flowControl: { key: 'user', rate: 2, period: '1m' } });
    }
    await clock.advance(180_000);
    expect(service.deliveries.map(({ at }) => at - start)).toEqual([0, 0, 60_000, 60_000, 120_000]);
  });

  it('can be paused, pinned, unpinned and reset', async () => {
    const { client, clock, service, received, call } = await createTestbed();
    const publish = () => client.publish({ url: url(1), flowControl: { key: 'k', rate: 1, period: '1h' } });
    await publish();
    await publish();
    await clock.advance(1000);
    expect(received).toHaveLength(1);
    await client.flowControl.resetRate('k');
    await service.idle();
    expect(received).toHaveLength(2);
    await client.flowControl.pin('k', { parallelism: 3, rate: 20, period: 120 });
    await publish();
    await service.idle();
    expect(received).toHaveLength(3);
    expect(await client.flowControl.get('k')).toMatchObject({
      parallelismMax: 3,
      rateMax: 20,
      ratePeriod: 120,
      isPinnedParallelism: true,
      isPinnedRate: true,
    });
    await client.flowControl.unpin('k', { parallelism: true, rate: true });
    await client.flowControl.pause('k');
    await publish();
    await clock.advance(7_200_000);
    expect(received).toHaveLength(3);
    const listed = await (await call('/v2/flowControl')).json();
    expect(listed).toMatchObject([{ isPaused: true, isPinnedRate: false, rateMax: 1, waitListSize: 1 }]);
    await client.flowControl.resume('k');
    await service.idle();
    expect(received).toHaveLength(4);
  });
});
