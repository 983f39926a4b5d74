import { expect, it } from 'vitest';
import type { Fault } from './faults.ts';
import { createTestbed } from './testbed.ts';

const url = (name: string | number) => `http://app.test/${name}`;

/** A testbed whose first attempts meet the faults given, in turn. */
async function withFaults(...faults: Fault[]) {
  const asked: [string, number][] = [];
  const bed = await createTestbed({
    faults: {
      onDelivery: (message, attempt) => {
        asked.push([message.url, attempt]);
        return faults.shift() ?? 'deliver';
      },
    },
  });
  return { ...bed, asked };
}

it('asks once for each attempt', async () => {
  const { client, clock, asked, answerWith } = await withFaults({ delayMs: 500 }, 'deliver', {
    delayMs: 500,
  });
  answerWith(
    ({ headers }) => new Response(null, { status: headers.get('upstash-retried') === '2' ? 200 : 500 }),
  );
  await client.publish({ url: url(1), retryDelay: '1000' });
  await clock.advance(10_000);
  expect(asked).toEqual([
    [url(1), 0],
    [url(1), 1],
    [url(1), 2],
  ]);
});

it('drops a message without a trace', async () => {
  const { client, clock, received } = await withFaults('drop');
  await client.publish({ url: url(1), failureCallback: url('failed') });
  await clock.advance(86_400_000);
  expect(received).toEqual([]);
  expect((await client.dlq.listMessages()).messages).toEqual([]);
});

it('lets the rest of a queue go on after a drop', async () => {
  const { client, clock, received } = await withFaults('drop');
  const queue = client.queue({ queueName: 'q' });
  await queue.upsert({ paused: true });
  await queue.enqueue({ url: url(1) });
  await queue.enqueue({ url: url(2) });
  await queue.resume();
  await clock.advance(0);
  expect(received.map((request) => request.url)).toEqual([url(2)]);
});

it('fails an attempt before it arrives', async () => {
  const { client, clock, received } = await withFaults('unreachable');
  await client.publish({ url: url(1), retryDelay: '1000' });
  await clock.advance(999);
  expect(received).toHaveLength(0);
  await clock.advance(1);
  expect(received[0]?.headers.get('upstash-retried')).toBe('1');
});

it('loses the answer of an attempt that arrived', async () => {
  const { client, clock, received } = await withFaults('answerLost');
  await client.publish({ url: url(1), retryDelay: '1000' });
  await clock.advance(1000);
  expect(received.map(({ headers }) => headers.get('upstash-retried'))).toEqual(['0', '1']);
});

it('delivers twice', async () => {
  const { client, service, received } = await withFaults('duplicate');
  const { messageId } = await client.publish({ url: url(1) });
  await service.idle();
  expect(received.map(({ headers }) => headers.get('upstash-message-id'))).toEqual([messageId, messageId]);
  expect(service.counts).toMatchObject({ published: 1, deliveries: 2 });
});

it('delays an attempt', async () => {
  const { client, clock, received } = await withFaults({ delayMs: 5000 });
  await client.publish({ url: url(1) });
  await clock.advance(4999);
  expect(received).toHaveLength(0);
  await clock.advance(1);
  expect(received).toHaveLength(1);
});

it('delivers out of order', async () => {
  const { client, service, received } = await withFaults('reorder');
  await client.publish({ url: url(1) });
  await client.publish({ url: url(2) });
  await service.idle();
  expect(received.map((request) => request.url)).toEqual([url(2), url(1)]);
});

it('takes a hook that is set later', async () => {
  const { client, service, received } = await createTestbed();
  service.faults.onDelivery = () => 'drop';
  await client.publish({ url: url(1) });
  service.faults.onDelivery = undefined;
  await client.publish({ url: url(2) });
  await service.idle();
  expect(received.map((request) => request.url)).toEqual([url(2)]);
});
