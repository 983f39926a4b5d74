import { describe, expect, it } from 'vitest';
import { type CadenceError, createCadence, type SessionTokens } from '../../client/src/index.ts';
import { json, noNetwork, problem, scriptedServer, type Turn } from './scripted-server.ts';

const FIRST = { accessToken: 'access-1', refreshToken: 'refresh-1' };
const SECOND = { accessToken: 'access-2', refreshToken: 'refresh-2', tokenType: 'Bearer', expiresIn: 900 };

function open(turns: Turn[], tokens: SessionTokens = FIRST) {
  const server = scriptedServer(turns);
  const kept: (SessionTokens | null)[] = [];
  const cadence = createCadence({
    baseUrl: 'https://cadence.test/',
    fetch: server.fetch,
    tokens,
    onTokens: (next) => kept.push(next),
  });
  return { cadence, asked: server.asked, kept };
}

/** Answers by the token that comes, whatever the order. */
const byToken: Turn = ({ headers, address }) => {
  if (address === '/api/v1/auth/refresh') return Response.json(SECOND);
  return headers.get('authorization') === 'Bearer access-2'
    ? Response.json({ id: 'user_1' })
    : Response.json({ code: 'accessTokenExpired' }, { status: 401 });
};

describe('a call', () => {
  it('goes where the contract says, as who it is for', async () => {
    const { cadence, asked } = open([json({ data: [], nextCursor: null })]);
    await cadence.listMessages({ path: { agentId: 'a/b' }, query: { limit: 5, state: 'queued' } });
    expect(asked[0]?.address).toBe('/api/v1/agents/a%2Fb/messages?limit=5&state=queued');
    expect(asked[0]?.headers.get('authorization')).toBe('Bearer access-1');
  });

  it('refreshes once for all who find the token expired, and keeps the new pair', async () => {
    const { cadence, asked, kept } = open(Array.from({ length: 7 }, () => byToken));
    const users = await Promise.all([cadence.getUser(), cadence.getUser(), cadence.getUser()]);
    expect(users.map(({ id }) => id)).toEqual(['user_1', 'user_1', 'user_1']);
    expect(asked.filter(({ address }) => address.endsWith('/refresh'))).toHaveLength(1);
    expect(kept).toEqual([{ accessToken: 'access-2', refreshToken: 'refresh-2' }]);
  });

  it('repeats a refresh whose answer was lost, with the same token', async () => {
    const { cadence, asked, kept } = open([byToken, noNetwork, byToken, byToken]);
    await cadence.getUser();
    const refreshes = asked.filter(({ address }) => address.endsWith('/refresh'));
    expect(refreshes.map(({ body }) => body)).toEqual([
      { refreshToken: 'refresh-1' },
      { refreshToken: 'refresh-1' },
    ]);
    expect(kept).toHaveLength(1);
  });

  it('ends the session when the refresh is refused, and says so', async () => {
    const { cadence, kept } = open([byToken, problem(401, 'sessionEnded')]);
    await expect(cadence.getUser()).rejects.toMatchObject({ status: 401, code: 'sessionEnded' });
    expect(kept).toEqual([null]);
  });

  it('keeps its Idempotency-Key however often it is sent', async () => {
    const { cadence, asked } = open([
      noNetwork,
      problem(503, 'unavailable', { 'retry-after': '0' }),
      problem(409, 'idempotencyConflict', { 'retry-after': '0' }),
      json({ id: 'agent_1' }, 201),
      json({ id: 'agent_2' }, 201),
    ]);
    expect((await cadence.createAgent({ body: { prompt: 'Hello' } })).id).toBe('agent_1');
    await cadence.createAgent({ body: { prompt: 'Hello' } });
    const keys = asked.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys[0]).toMatch(/^[!-~]{16,}$/);
    expect(new Set(keys.slice(0, 4)).size).toBe(1);
    expect(keys[4]).not.toBe(keys[0]);
  });

  it('does not repeat a sign-in, whose code is good once', async () => {
    const { cadence, asked } = open([noNetwork]);
    const body = { state: 's', code: 'c', codeVerifier: 'v', redirectUri: 'app://in' };
    await expect(cadence.signIn({ body })).rejects.toThrow('fetch failed');
    expect(asked[0]?.headers.get('idempotency-key')).toBeNull();
  });

  it('gives up at once what was refused, in the words of the API', async () => {
    const { cadence } = open([problem(404, 'notFound')]);
    const error: CadenceError = await cadence
      .getRun({ path: { runId: 'run_1' } })
      .catch((refused) => refused);
    expect(error).toMatchObject({ status: 404, code: 'notFound', requestId: 'req_1' });
    expect(error.message).toBe('GET /api/v1/runs/run_1: 404 notFound, Words.');
  });

  it('takes a DELETE for done that was lost and then finds nothing', async () => {
    const { cadence } = open([noNetwork, problem(404, 'notFound')]);
    expect(await cadence.deleteRun({ path: { runId: 'run_1' } })).toBeUndefined();
  });

  it('ends when its caller gives it up', async () => {
    const { cadence } = open([noNetwork]);
    const call = cadence.getUser({}, { signal: AbortSignal.timeout(20) });
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
