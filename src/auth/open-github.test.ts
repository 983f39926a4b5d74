import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';
import { query } from '../store/database.ts';

const clock = { ms: Date.parse('2026-11-21T12:00:00Z'), now: () => clock.ms };
const { cloud, api, token, userId } = await openApi({ github: { expiringTokens: true, clock } });
const HOURS = 3_600_000;
const { fetches } = cloud;

/** Lets time pass at GitHub and for our expiry alike. */
async function pass(hours: number) {
  clock.ms += hours * HOURS;
  await query(
    cloud.db,
    sql`UPDATE users SET github_token_expires_at = github_token_expires_at - ${hours} * interval '1 hour'`,
  );
}
const isRefresh = async (request: Request) =>
  request.url.endsWith('/login/oauth/access_token') &&
  (await fetches.textOf(request)).includes('refresh_token');
let refreshes = 0;
const codeOf = async (path = '/repos') => {
  const { status, body } = await api.get(path, { token });
  return status === 200 ? 200 : `${status} ${body.code}`;
};

beforeEach(async () => {
  await cloud.signIn('demo');
  refreshes = 0;
  fetches.intercept = async (service, request, send) => {
    if (service === 'github' && (await isRefresh(request))) refreshes += 1;
    return send();
  };
});

describe('a GitHub token that expires', () => {
  it('is kept sealed with its refresh token, and used as it is while it is good', async () => {
    const [row] = await query(
      cloud.db,
      sql`SELECT sealed_github_token AS a, sealed_github_refresh_token AS b, github_token_expires_at IS NOT NULL AS c
        FROM users WHERE id = ${userId}`,
    );
    expect(row).toEqual({ a: expect.stringMatching(/^v1\./), b: expect.stringMatching(/^v1\./), c: true });
    await pass(7);
    expect([await codeOf(), refreshes]).toEqual([200, 0]);
  });

  it('is refreshed once by many who find it expired, again and again', async () => {
    for (const times of [1, 2]) {
      await pass(9);
      const codes = await Promise.all(Array.from({ length: 24 }, () => codeOf()));
      expect([new Set(codes), refreshes]).toEqual([new Set([200]), times]);
    }
  });

  it('asks for patience while GitHub is away, and is refreshed when it is back', async () => {
    await pass(9);
    const real = fetches.intercept;
    fetches.intercept = async (service, request, send) => {
      if (service === 'github' && (await isRefresh(request))) throw new TypeError('no route to host');
      return send();
    };
    expect(await codeOf()).toBe('503 githubUnavailable');
    fetches.intercept = real;
    expect([await codeOf(), refreshes]).toEqual([200, 1]);
  });

  it('is lost when the answer of its refresh was, and comes back with the next sign-in', async () => {
    await pass(9);
    const real = fetches.intercept;
    fetches.intercept = async (service, request, send) => {
      const isIt = service === 'github' && (await isRefresh(request));
      const answer = await send();
      if (isIt) throw new TypeError('the connection was lost');
      return answer;
    };
    expect(await codeOf()).toBe('503 githubUnavailable');
    fetches.intercept = real;
    expect(await codeOf()).toBe('403 githubAccessLost');
    expect([await codeOf(), refreshes]).toEqual(['403 githubAccessLost', 1]);
    await cloud.signIn('demo');
    expect(await codeOf()).toBe(200);
  });

  it.each([
    ['no Date', (headers: Headers) => headers.delete('date'), {}],
    ['no expiry', () => undefined, { expires_in: undefined, refresh_token: undefined }],
    ['an expiry that is no number', () => undefined, { expires_in: 'soon' }],
  ])('is kept although the answer of its refresh has %s', async (_, change, changed) => {
    await pass(9);
    const real = fetches.intercept;
    fetches.intercept = async (service, request, send) => {
      const isIt = service === 'github' && (await isRefresh(request));
      const answer = await send();
      if (!isIt) return answer;
      const headers = new Headers(answer.headers);
      headers.delete('content-length');
      change(headers);
      return new Response(JSON.stringify(Object.assign({}, await answer.json(), changed)), { headers });
    };
    expect(await codeOf()).toBe(200);
    fetches.intercept = real;
    expect(await codeOf()).toBe(200);
  });

  it('is waited for while somebody refreshes it, and taken over when they died', async () => {
    await pass(9);
    const hold = (until: string) =>
      query(
        cloud.db,
        sql`UPDATE users SET github_refresh_until = engine_now() + ${until}::interval WHERE id = ${userId}`,
      );
    await hold('45 seconds');
    const { status, headers, body } = await api.get('/repos', { token });
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'githubUnavailable', '2']);
    await hold('-1 second');
    expect([await codeOf(), refreshes]).toEqual([200, 1]);
  });

  it('does not undo a sign-in that came between', async () => {
    await pass(9);
    const real = fetches.intercept;
    fetches.intercept = async (service, request, send) => {
      const isIt = service === 'github' && (await isRefresh(request));
      const answer = await send();
      if (!isIt) return answer;
      fetches.intercept = real;
      await cloud.signIn('demo');
      return answer;
    };
    expect(await codeOf()).toBe(200);
    await pass(7);
    expect([await codeOf(), refreshes]).toEqual([200, 0]);
  });

  it('is replaced in the middle of a run, also by somebody else', async () => {
    const prompt = scriptOf(
      { calls: [{ name: 'read_file', input: { path: 'README.md' } }] },
      { calls: [{ name: 'write_file', input: { path: 'NOTE.md', content: 'Noted.\n' } }] },
      { calls: [{ name: 'commit', input: { message: 'Add a note' } }] },
    );
    const { body: agent } = await api.post('/agents', { repository: 'demo/todo-api', prompt }, { token });
    const real = fetches.intercept;
    let asked = 0;
    fetches.intercept = async (service, request, send) => {
      if (service === 'model') {
        asked += 1;
        // Between two steps of one delivery eight hours go by, and somebody else refreshes.
        if (asked === 2) await pass(9);
        if (asked === 3) {
          await pass(8);
          await codeOf();
        }
      }
      return real(service, request, send);
    };
    await deliverUntilRest(cloud, agent.activeRun.id);
    const { body: run } = await api.get(`/runs/${agent.activeRun.id}`, { token });
    expect(run).toMatchObject({ status: 'completed' });
    expect(run.result.commits).toHaveLength(1);
    expect(refreshes).toBeGreaterThan(0);
  });
});
