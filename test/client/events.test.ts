import { describe, expect, it } from 'vitest';
import { createCadence, type Followed, type FollowOptions } from '../../client/src/index.ts';
import { event, json, noNetwork, problem, scriptedServer, stream, type Turn } from './scripted-server.ts';

const SECOND = { accessToken: 'access-2', refreshToken: 'refresh-2', tokenType: 'Bearer', expiresIn: 900 };

async function follow(turns: Turn[], options: FollowOptions = {}, what: 'run' | 'agent' = 'run') {
  const server = scriptedServer(turns);
  const cadence = createCadence({
    baseUrl: 'https://cadence.test',
    fetch: server.fetch,
    tokens: { accessToken: 'access-1', refreshToken: 'refresh-1' },
    timeoutMs: 200,
  });
  const followed: Followed[] = [];
  const target = what === 'run' ? { runId: 'run_1' } : { agentId: 'agent_1' };
  for await (const item of cadence.events(target, options)) followed.push(item);
  return {
    seen: followed.map(({ type, id }) => (id === undefined ? type : `${type} ${id}`)),
    cursors: server.asked.map(({ headers }) => headers.get('last-event-id')),
    asked: server.asked,
  };
}

describe('following a run', () => {
  it('ends with its last event', async () => {
    const turns = [
      stream([
        event('run.started', 1),
        event('message.delta', undefined, { text: 'Hi' }),
        event('run.completed', 2),
      ]),
    ];
    const { seen, asked } = await follow(turns);
    expect(seen).toEqual(['run.started 1', 'message.delta', 'run.completed 2']);
    expect(asked[0]?.address).toBe('/api/v1/runs/run_1/events');
  });

  it('comes back behind the last event it saw, and gives nothing twice', async () => {
    const { seen, cursors } = await follow([
      stream([event('run.started', 1), event('file.changed', 2)]),
      noNetwork,
      problem(503, 'unavailable', { 'retry-after': '0' }),
      stream([event('file.changed', 2), event('run.failed', 3)]),
    ]);
    expect(seen).toEqual(['run.started 1', 'file.changed 2', 'run.failed 3']);
    expect(cursors).toEqual([null, '2', '2', '2']);
  });

  it('comes back when the connection has fallen silent', async () => {
    const { seen, cursors } = await follow([
      stream([event('run.started', 1)], 'is silent'),
      stream([event('run.cancelled', 2)]),
    ]);
    expect(seen).toEqual(['run.started 1', 'run.cancelled 2']);
    expect(cursors).toEqual([null, '1']);
  });

  it('renews the token when the stream ends with it, and goes on', async () => {
    const { seen, asked } = await follow([
      stream([event('run.started', 1), event('auth.expired')]),
      json(SECOND),
      stream([event('run.completed', 2)]),
    ]);
    expect(seen).toEqual(['run.started 1', 'run.completed 2']);
    expect(asked.at(-1)?.headers.get('authorization')).toBe('Bearer access-2');
    expect(asked.at(-1)?.headers.get('last-event-id')).toBe('1');
  });

  it('tells of events that are gone, and goes on behind them', async () => {
    const { seen, cursors } = await follow(
      [
        stream([event('gap', undefined, { after: '3', resumedAfter: '7' })]),
        stream([event('run.completed', 8)]),
      ],
      { after: '3' },
    );
    expect(seen).toEqual(['gap', 'run.completed 8']);
    expect(cursors).toEqual(['3', '7']);
  });

  it('ends when there is nothing behind its place', async () => {
    const gone: Turn = () => new Response(null, { status: 204 });
    expect((await follow([gone], { after: '9' })).seen).toEqual([]);
  });

  it('fails at once when the API refuses, and after its patience when nobody answers', async () => {
    await expect(follow([problem(404, 'notFound')])).rejects.toMatchObject({ code: 'notFound' });
    const turns = Array.from({ length: 9 }, () => noNetwork);
    await expect(follow(turns, { patienceMs: 300 })).rejects.toThrow('fetch failed');
  });
});

it('following an agent goes on from run to run', async () => {
  const ends: Turn = () => new Response(null, { status: 204 });
  const blocks = [
    event('run.completed', 'run_1.4'),
    event('run.queued', 'run_2.1'),
    event('run.queued', 'run_2.1'),
  ];
  const { seen } = await follow([stream(blocks), ends], {}, 'agent');
  expect(seen).toEqual(['run.completed run_1.4', 'run.queued run_2.1']);
});
