import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import type { FollowItem } from './follow-item.ts';
import { createManualClock } from './manual-clock.ts';
import { SSE_HEADERS, sseStream } from './sse.ts';

const event = (seq: number, text = 'Hi.'): FollowItem => ({
  kind: 'event',
  id: String(seq),
  event: {
    seq,
    type: 'message.completed',
    data: { stepNo: 1, text },
    speech: 'Hi.',
    at: '2026-11-21T10:00:00.000Z',
  },
});
const delta: FollowItem = {
  kind: 'control',
  type: 'message.delta',
  data: { stepNo: 1, attempt: 1, from: 0, text: 'I\nwill' },
};

async function* itemsOf(...items: FollowItem[]): AsyncGenerator<FollowItem, void> {
  yield* items;
}

async function* silence(signal: AbortSignal): AsyncGenerator<FollowItem, void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
}

function parse(wire: string) {
  const events: EventSourceMessage[] = [];
  const notes: string[] = [];
  let retryMs: number | undefined;
  createParser({
    onEvent: (message) => events.push(message),
    onComment: (comment) => notes.push(comment),
    onRetry: (ms) => {
      retryMs = ms;
    },
  }).feed(wire);
  return { events, notes, retryMs };
}

describe('server-sent events', () => {
  it('carry durable events whole and with an id, control items without one', async () => {
    const wire = await new Response(sseStream(() => itemsOf(event(3, 'two\nlines'), delta))).text();
    const { events, retryMs } = parse(wire);
    expect(retryMs).toBe(2_000);
    expect(events.map(({ id, event: type, data }) => ({ id, type, data: JSON.parse(data) }))).toEqual([
      {
        id: '3',
        type: 'message.completed',
        data: {
          seq: 3,
          type: 'message.completed',
          data: { stepNo: 1, text: 'two\nlines' },
          speech: 'Hi.',
          at: '2026-11-21T10:00:00.000Z',
        },
      },
      { id: undefined, type: 'message.delta', data: { stepNo: 1, attempt: 1, from: 0, text: 'I\nwill' } },
    ]);
  });

  it('begin at once, before there is an event', async () => {
    const reader = sseStream(silence, { clock: createManualClock() }).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('retry: 2000\n\n');
    await reader.cancel();
  });

  it('have a heartbeat after every 15 seconds of silence, and no timer is left behind', async () => {
    const clock = createManualClock();
    const reader = sseStream(silence, { clock }).getReader();
    await reader.read();
    for (let beat = 0; beat < 3; beat++) {
      const read = reader.read();
      await clock.advance(14_999);
      let arrived = false;
      void read.then(() => {
        arrived = true;
      });
      await clock.settle();
      expect(arrived).toBe(false);
      await clock.advance(1);
      const { notes } = parse(new TextDecoder().decode((await read).value));
      expect(notes).toEqual(['']);
    }
    await reader.cancel();
    await clock.settle();
    expect(clock.sleeping()).toBe(0);
  });

  it('end the follower when the client leaves', async () => {
    let signal: AbortSignal | undefined;
    let ended = false;
    const stream = sseStream(
      async function* (given) {
        signal = given;
        try {
          yield* silence(given);
        } finally {
          ended = true;
        }
      },
      { clock: createManualClock() },
    );
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel();
    expect(signal?.aborted).toBe(true);
    expect(ended).toBe(true);
  });

  it('end when the signal of the request aborts', async () => {
    const request = new AbortController();
    const text = new Response(
      sseStream(silence, { clock: createManualClock(), signal: request.signal }),
    ).text();
    request.abort();
    expect(await text).toBe('retry: 2000\n\n');
  });

  it('pull no more than a slow client has room for', async () => {
    let made = 0;
    async function* flood(): AsyncGenerator<FollowItem, void> {
      for (;;) yield event(++made, 'x'.repeat(1_000));
    }
    const clock = createManualClock();
    const reader = sseStream(flood, { clock }).getReader();
    await clock.advance(60_000);
    expect(made).toBeLessThan(20);
    const before = made;
    for (let read = 0; read < 10; read++) await reader.read();
    await clock.settle();
    expect(made).toBeGreaterThan(before);
    expect(made).toBeLessThan(40);
    await reader.cancel();
  });

  it('break when the follower does, so that the client comes back', async () => {
    let signal: AbortSignal | undefined;
    const stream = sseStream(async function* (given) {
      signal = given;
      yield event(1);
      throw new Error('no database');
    });
    await expect(new Response(stream).text()).rejects.toThrow('no database');
    expect(signal?.aborted).toBe(true);
  });

  it('may not be cached, compressed or gathered on the way', () => {
    expect(SSE_HEADERS).toEqual({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
  });
});
