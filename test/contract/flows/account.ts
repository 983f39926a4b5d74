import { z } from 'zod';
import { pkce } from '../../support/github.ts';
import type { Flow } from './world.ts';

const REDIRECT_URI = 'https://phone.test/signed-in';

/** Signing in, staying so, and no longer. */
export const account: Flow = async ({ call }) => {
  const { codeVerifier, codeChallenge } = pkce();
  const query = { redirectUri: REDIRECT_URI, state: 'state-1', codeChallenge, login: 'demo' };
  const { headers } = await call('authorizeSignIn', { query, token: null });
  const approved = await fetch(headers.get('location') ?? '', { redirect: 'manual' });
  const code = new URL(approved.headers.get('location') ?? '').searchParams.get('code');
  const body = { code, codeVerifier, redirectUri: REDIRECT_URI };
  const { refreshToken: first } = tokens.parse((await call('signIn', { body, token: null })).body);
  await call('signIn', { body, token: null });

  const refresh = async (refreshToken: string) =>
    (await call('refreshTokens', { body: { refreshToken }, token: null })).body;
  const { refreshToken: second } = tokens.parse(await refresh(first));
  const { refreshToken: third } = tokens.parse(await refresh(second));
  await call('signOut', { body: { refreshToken: third }, token: null });
  await refresh(third);
  await refresh('nonsense');

  await call('getUser');
  await call('getAccount');
  await call('changeAccount', { body: { dailyCostLimitUsd: 5 } });
  await call('changeAccount', { body: { dailyCostLimitUsd: null } });
};

const tokens = z.object({ refreshToken: z.string() });

/** A replaced token that comes back when its successor has been used. */
export const stolen: Flow = async ({ call, cloud }) => {
  const { refreshToken } = await cloud.signIn('octo');
  const refresh = async (token: string) =>
    (await call('refreshTokens', { body: { refreshToken: token }, token: null })).body;
  const next = tokens.parse(await refresh(refreshToken));
  await refresh(next.refreshToken);
  await refresh(refreshToken);
};

/** A program's key, from its making to its end. */
export const keys: Flow = async ({ call }) => {
  const body = { name: 'Nightly reports', scopes: ['read', 'write'], expiresAt: '2099-01-01T00:00:00.000Z' };
  const { id, key } = made.parse((await call('createApiKey', { body })).body);
  await call('listApiKeys');
  await call('getApiKey', { path: { apiKeyId: id } });
  await call('revokeApiKey', { path: { apiKeyId: id } });
  await call('listAgents', { token: key });
};

const made = z.object({ id: z.string(), key: z.string() });
