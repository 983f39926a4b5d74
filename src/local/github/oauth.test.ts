import { createHash } from 'node:crypto';
import { checkToken, exchangeWebFlowCode, getWebFlowAuthorizationUrl } from '@octokit/oauth-methods';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openGitHub, refusal } from './testing.ts';

const redirectUri = 'http://127.0.0.1:9999/callback';

function authorizeUrl(url: string, more: Record<string, string> = {}): string {
  const query = {
    client_id: 'client',
    redirect_uri: redirectUri,
    state: 's',
    scope: 'repo user:email',
    ...more,
  };
  return `${url}/login/oauth/authorize?${new URLSearchParams(query)}`;
}

async function approve(
  github: { url: string; fetch(request: Request): Promise<Response> },
  more: Record<string, string> = {},
): Promise<URL> {
  const response = await github.fetch(new Request(authorizeUrl(github.url, { login: 'demo', ...more })));
  return new URL(response.headers.get('location') ?? '');
}

async function exchange(
  github: { url: string; fetch(request: Request): Promise<Response> },
  fields: Record<string, string>,
): Promise<{ error?: string; access_token?: string }> {
  const response = await github.fetch(
    new Request(`${github.url}/login/oauth/access_token`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ client_id: 'client', client_secret: 'secret', ...fields }),
    }),
  );
  expect(response.status).toBe(200);
  return z
    .object({ error: z.string().optional(), access_token: z.string().optional() })
    .parse(await response.json());
}

describe('signing in', () => {
  it('exchanges a code through the official client for a token that works', async () => {
    const github = await openGitHub();
    const { request } = github.as(undefined);
    const { url } = getWebFlowAuthorizationUrl({
      clientType: 'oauth-app',
      clientId: 'client',
      redirectUrl: redirectUri,
      state: 'xyz',
      scopes: ['repo'],
      login: 'demo',
      request,
    });
    const answer = await github.fetch(new Request(url));
    const back = new URL(answer.headers.get('location') ?? '');
    expect([answer.status, back.origin + back.pathname, back.searchParams.get('state')]).toEqual([
      302,
      redirectUri,
      'xyz',
    ]);
    const code = back.searchParams.get('code') ?? '';
    const client = { clientType: 'oauth-app' as const, clientId: 'client', clientSecret: 'secret', request };
    const { authentication } = await exchangeWebFlowCode({ ...client, code, redirectUrl: redirectUri });
    expect(authentication.token).toMatch(/^gho_\w{36}$/);
    expect(authentication.scopes).toEqual(['repo']);
    const user = await github.as(authentication.token).request('GET /user');
    expect(user.data).toMatchObject({ login: 'demo', id: 1, name: 'Demo User', email: 'demo@example.com' });
    expect(user.headers['x-oauth-scopes']).toBe('repo');
    expect((await checkToken({ ...client, token: authentication.token })).data.user?.login).toBe('demo');
    await expect(exchangeWebFlowCode({ ...client, code })).rejects.toThrow('bad_verification_code');
  });

  it('shows a page with a button for every person, which approves or denies', async () => {
    const github = await openGitHub();
    const html = await (await github.fetch(new Request(authorizeUrl(github.url, { state: '"><x>' })))).text();
    expect(html).toContain('value="demo"');
    expect(html).toContain('value="octo"');
    expect(html).not.toContain('"><x>');
    const post = async (choice: Record<string, string>) => {
      const body = new URLSearchParams({
        client_id: 'client',
        redirect_uri: redirectUri,
        state: 's',
        ...choice,
      });
      const answer = await github.fetch(
        new Request(`${github.url}/login/oauth/authorize`, { method: 'POST', body }),
      );
      return new URL(answer.headers.get('location') ?? '').searchParams;
    };
    expect((await post({ approve: 'octo' })).get('code')).toMatch(/^[0-9a-f]{20}$/);
    expect((await post({ deny: '1' })).get('error')).toBe('access_denied');
  });

  it('refuses wrong credentials, wrong addresses, and codes that are used or ten minutes old', async () => {
    let now = Date.parse('2026-11-21T12:00:00Z');
    const github = await openGitHub({ clock: { now: () => now } });
    const fresh = async () => (await approve(github)).searchParams.get('code') ?? '';
    const code = await fresh();
    expect((await exchange(github, { code, client_secret: 'wrong' })).error).toBe(
      'incorrect_client_credentials',
    );
    expect((await exchange(github, { code, redirect_uri: 'http://evil.test' })).error).toBe(
      'redirect_uri_mismatch',
    );
    expect((await exchange(github, { code })).error).toBe('bad_verification_code');
    const late = await fresh();
    now += 10 * 60_000;
    expect((await exchange(github, { code: late })).error).toBe('bad_verification_code');
    expect((await exchange(github, { code: await fresh() })).access_token).toMatch(/^gho_/);
  });

  it('holds the exchange to the code challenge', async () => {
    const github = await openGitHub();
    const verifier = 'v'.repeat(43);
    const more = {
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    const code = async () => (await approve(github, more)).searchParams.get('code') ?? '';
    expect((await exchange(github, { code: await code() })).error).toBe('bad_verification_code');
    expect((await exchange(github, { code: await code(), code_verifier: 'x' })).error).toBe(
      'bad_verification_code',
    );
    expect((await exchange(github, { code: await code(), code_verifier: verifier })).access_token).toMatch(
      /^gho_/,
    );
    const plain = await approve(github, { ...more, code_challenge_method: 'plain' });
    expect(plain.searchParams.get('error')).toBe('invalid_request');
  });

  it('sends users only to addresses of the registered callback', async () => {
    const github = await openGitHub({ callbackUrl: 'https://app.test/auth' });
    const errorFor = async (redirect_uri: string) =>
      (await approve(github, { redirect_uri })).searchParams.get('error');
    expect(await errorFor('https://app.test/auth/github')).toBeNull();
    expect(await errorFor('https://app.test/authority')).toBe('redirect_uri_mismatch');
    expect((await approve(github, { redirect_uri: 'https://evil.test/auth' })).host).toBe('app.test');
    const unknown = await github.fetch(new Request(authorizeUrl(github.url, { client_id: 'other' })));
    expect(unknown.status).toBe(404);
  });

  it('keeps e-mail addresses and writes behind their scopes', async () => {
    const github = await openGitHub();
    const reader = github.as(await github.issueToken('demo', ['read:user']));
    expect((await refusal(reader.request('GET /user/emails'))).status).toBe(404);
    expect((await refusal(reader.request('POST /user/repos', { name: 'x' }))).status).toBe(404);
    expect((await github.demo.request('GET /user/emails')).data).toMatchObject([
      { email: 'demo@example.com' },
    ]);
  });
});
