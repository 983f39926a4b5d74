import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGitHub } from './client.ts';
import { type LocalGitHub, openLocalGitHub } from './testing.ts';

let local: LocalGitHub;

beforeEach(async () => {
  local = await openLocalGitHub({ 'README.md': '# Sample\n' });
});
afterEach(() => local.close());

describe('signing in', () => {
  const redirectUri = 'http://localhost:8787/callback';
  const codeVerifier = 'v'.repeat(43);
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');

  async function signIn(): Promise<string> {
    const url = new URL(local.github.authorizeUrl({ redirectUri, state: 'state-1', codeChallenge }));
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: 'local-client',
      redirect_uri: redirectUri,
      state: 'state-1',
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
    });
    url.searchParams.set('login', 'demo');
    const response = await local.visit(url);
    const back = new URL(response.headers.get('location') ?? '');
    expect(back.searchParams.get('state')).toBe('state-1');
    return back.searchParams.get('code') ?? '';
  }

  it('turns a code into a token that acts as the user', async () => {
    const { token, scopes } = await local.github.exchangeCode({
      code: await signIn(),
      codeVerifier,
      redirectUri,
    });
    expect(scopes).toEqual(expect.arrayContaining(['repo', 'workflow', 'read:user']));
    expect(await local.github.forToken(token).getUser()).toEqual({
      id: 1,
      login: 'demo',
      name: 'Demo User',
      email: 'demo@example.com',
      avatarUrl: expect.stringContaining('http'),
    });
  });

  it('refuses a wrong verifier and a code that was used', async () => {
    const code = await signIn();
    const exchange = (verifier: string) =>
      local.github.exchangeCode({ code, codeVerifier: verifier, redirectUri });
    await expect(exchange('w'.repeat(43))).rejects.toMatchObject({ code: 'invalid', retryable: false });
    await expect(exchange(codeVerifier)).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('reading', () => {
  it('lists repositories by pages, and not again when nothing changed', async () => {
    const first = await local.client.listRepositories({ page: 1, perPage: 1 });
    if (first.notModified) throw new Error('it is the first time');
    expect(first).toMatchObject({
      items: [
        { fullName: 'demo/sample', owner: 'demo', defaultBranch: 'main', private: false, canPush: true },
      ],
      nextPage: null,
    });
    const etag = first.etag ?? '';
    expect(await local.client.listRepositories({ page: 1, perPage: 1, etag })).toEqual({ notModified: true });
  });

  it('finds the next page in the Link header', async () => {
    const { sha } = await local.client.getBranch(local.repository, 'main');
    for (const name of ['a', 'b', 'c']) await local.client.createRef(local.repository, name, sha);
    const page = (number: number) =>
      local.client.listBranches(local.repository, { page: number, perPage: 3 });
    expect(await page(1)).toMatchObject({ items: [{ name: 'a', sha }, {}, {}], nextPage: 2 });
    expect(await page(2)).toMatchObject({ items: [{}], nextPage: null });
  });

  it('compares two branches, as files and as a diff', async () => {
    const { sha } = await local.client.getBranch(local.repository, 'main');
    await local.client.createRef(local.repository, 'cadence/agent_1', sha);
    await local.push('cadence/agent_1', { 'new.txt': 'new\n', 'README.md': '# Better\n' });
    const compared = await local.client.compare(local.repository, 'main', 'cadence/agent_1');
    expect(compared).toMatchObject({ status: 'ahead', aheadBy: 1, behindBy: 0 });
    expect(compared.files.map(({ path, status }) => `${status} ${path}`).sort()).toEqual([
      'added new.txt',
      'modified README.md',
    ]);
    const diff = await local.client.compareDiff(local.repository, 'main', 'cadence/agent_1');
    expect(diff).toContain('diff --git a/README.md b/README.md');
    expect(diff).toContain('+# Better');
  });

  it('pings without a token', async () => {
    await expect(local.github.ping()).resolves.toBeUndefined();
  });
});

describe('failures', () => {
  const answer = (status: number, headers: Record<string, string> = {}, message = 'No') =>
    local.intercept(async () => Response.json({ message }, { status, headers }));

  it('names a wrong token and a missing repository', async () => {
    await expect(local.github.forToken('gho_wrong').getUser()).rejects.toMatchObject({
      code: 'unauthorized',
      status: 401,
    });
    await expect(local.client.getRepository('demo/ghost')).rejects.toMatchObject({
      code: 'notFound',
      status: 404,
    });
    expect(await local.client.getRef(local.repository, 'ghost')).toBeNull();
  });

  it.each([
    [403, {}, 'Resource not accessible', 'forbidden', undefined],
    [403, { 'retry-after': '17' }, 'Slow down', 'rateLimited', 17],
    [403, {}, 'You have exceeded a secondary rate limit', 'rateLimited', undefined],
    [
      403,
      {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '1793612345',
        date: new Date(1_793_612_300_000).toUTCString(),
      },
      'API rate limit exceeded',
      'rateLimited',
      45,
    ],
    [429, {}, 'Too many', 'rateLimited', undefined],
    [409, {}, 'Git Repository is empty.', 'conflict', undefined],
    [422, {}, 'Validation Failed', 'invalid', undefined],
    [502, {}, 'Bad Gateway', 'unavailable', undefined],
  ])('reads %i %j %s as %s', async (status, headers, message, code, retryAfterSeconds) => {
    answer(status, headers, message);
    await expect(local.client.getUser()).rejects.toMatchObject({
      status,
      code,
      retryAfterSeconds,
      retryable: code === 'rateLimited' || code === 'unavailable',
      message: expect.stringContaining(message),
    });
  });

  it('takes a body that breaks off or makes no sense for an outage', async () => {
    const bodies = ['{"id":1,"log', '<html>', '{}'];
    for (const body of bodies) {
      local.intercept(
        async () => new Response(body, { headers: { 'content-type': 'application/json; charset=utf-8' } }),
      );
      await expect(local.client.getUser()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    }
  });

  it('tells of a request without an answer and never of the token', async () => {
    local.intercept(() => Promise.reject(new TypeError('fetch failed')));
    const error = await local.client.getUser().catch((error: unknown) => error);
    expect(error).toMatchObject({
      status: 0,
      code: 'unavailable',
      message: expect.stringContaining('GET /user'),
    });
    expect(JSON.stringify(error)).not.toContain(local.token);
    expect(String(error)).not.toContain(local.token);
    await expect(local.github.ping()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('ends a request that lasts too long, and one whose signal is aborted', async () => {
    const timeout = vi
      .spyOn(AbortSignal, 'timeout')
      .mockImplementation(() => AbortSignal.abort(new Error('late')));
    const hanging = createGitHub({
      apiUrl: 'http://github.local/api/v3',
      webUrl: 'http://github.local',
      clientId: 'c',
      clientSecret: 's',
      fetch: (request) =>
        new Promise((_resolve, reject) => {
          if (request.signal.aborted) reject(request.signal.reason);
          request.signal.addEventListener('abort', () => reject(request.signal.reason));
        }),
    }).forToken('t');
    await expect(hanging.getUser()).rejects.toMatchObject({ code: 'unavailable', status: 0 });
    timeout.mockRestore();

    const controller = new AbortController();
    const stopped = new Error('stopped');
    const asked = hanging.withSignal(controller.signal).getUser();
    controller.abort(stopped);
    await expect(asked).rejects.toBe(stopped);
    await expect(hanging.withSignal(controller.signal).getUser()).rejects.toBe(stopped);
  });

  it('writes nothing on the console, deprecations included', async () => {
    const warn = vi.spyOn(console, 'warn');
    local.intercept(async (_request, forward) => {
      const response = await forward();
      return new Response(response.body, {
        headers: { ...Object.fromEntries(response.headers), deprecation: 'true', sunset: 'soon' },
      });
    });
    await local.client.getUser();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});
