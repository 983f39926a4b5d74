import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Listening, listen } from '../listen.ts';
import { createApiClient } from './api.ts';
import { followRun, type StreamedEvent } from './follow.ts';

/** What the server does with one request after the other; its cursors are noted. */
let answers: (() => Response)[];
let cursors: (string | null)[];
let server: Listening;
beforeEach(async () => {
  answers = [];
  cursors = [];
  server = await listen((request) => {
    cursors.push(request.headers.get('last-event-id'));
    const answer = answers.shift();
    return answer ? answer() : new Response('unexpected', { status: 410 });
  });
});
afterEach(() => server.close());

const stream = (text: string) => () =>
  new Response(text, { headers: { 'content-type': 'text/event-stream' } });
const event = (type: string, id?: number) => `event: ${type}\n${id ? `id: ${id}\n` : ''}data: {}\n\n`;
const problem = (status: number, code: string) => () => Response.json({ code, detail: 'Words.' }, { status });

async function follow(options = {}): Promise<StreamedEvent[]> {
  const api = createApiClient(server.url, async () => 'token');
  const events: StreamedEvent[] = [];
  for await (const followed of followRun(api, 'run_1', options)) events.push(followed);
  return events;
}

describe('following a run', () => {
  it('ends with its last event', async () => {
    answers = [stream(event('run.started', 1) + event('message.delta') + event('run.completed', 2))];
    expect((await follow()).map(({ type, id }) => [type, id])).toEqual([
      ['run.started', '1'],
      ['message.delta', undefined],
      ['run.completed', '2'],
    ]);
    expect(cursors).toEqual([null]);
  });

  it('takes a stream that ended early up again behind the last event that had an id', async () => {
    answers = [
      stream(event('run.started', 1) + event('message.delta')),
      problem(503, 'unavailable'),
      stream(event('run.failed', 2)),
    ];
    expect((await follow()).map(({ id }) => id)).toEqual(['1', undefined, '2']);
    expect(cursors).toEqual([null, '1', '1']);
  });

  it('begins behind a given event', async () => {
    answers = [stream(event('run.cancelled', 8))];
    await follow({ lastEventId: '7' });
    expect(cursors).toEqual(['7']);
  });

  it('gives up at once when the API refuses, in its words', async () => {
    answers = [problem(404, 'notFound')];
    await expect(follow()).rejects.toThrow('GET /api/v1/runs/run_1/events: 404 notFound, Words.');
  });

  it('gives up when the server stays away', async () => {
    answers = [problem(503, 'unavailable'), problem(503, 'unavailable')];
    await expect(follow({ patienceMs: 100 })).rejects.toThrow('503 unavailable');
  });
});
