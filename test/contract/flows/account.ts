import { z } from 'zod';
import { pkce } from '../../support/github.ts';
import type { Flow } from './world.ts';

const STATE = 'Kc1vYtQ0mXc8sJ2bN5wRr7';
const REDIRECT_URI = 'https://phone.test/signed-in';

/** Signing in, staying so, and no longer. */
export const account: Flow = async ({ call, cloud }) => {
  const { codeVerifier, codeChallenge } = pkce();
  const query = { redirectUri: REDIRECT_URI, state: STATE, codeChallenge, login: 'demo' };
  const { headers } = await call('authorizeSignIn', { query, token: null });
  const approved = await fetch(headers.get('location') ?? '', { redirect: 'manual' });
  const code = new URL(approved.headers.get('location') ?? '').searchParams.get('code');
  const body = { state: STATE, code, codeVerifier, redirectUri: REDIRECT_URI };
  const { refreshToken: first } = tokens.parse((await call('signIn', { body, token: null })).body);
  await call('signIn', { body, token: null });
  await call('authorizeSignIn', { query, token: null });
  await call('signIn', { body: { ...body, code: 'used' }, token: null });

  const refresh = async (refreshToken: string) =>
    (await call('refreshTokens', { body: { refreshToken }, token: null })).body;
  const { refreshToken: second } = tokens.parse(await refresh(first));
  const { refreshToken: third } = tokens.parse(await refresh(second));
  await call('signOut', { body: { refreshToken: third }, token: null });
  await refresh(third);
  await refresh('nonsense');

  await call('listSessions');
  const { refreshToken: elsewhere } = await cloud.signIn();
  await call('endSession', { path: { sessionId: elsewhere.split('.')[0] ?? '' } });
  await call('endSessions', { query: { except: 'current' } });
  await call('getUser');
  await call('isNeonEmployee');
  await call('getAccount');
  await call('listModels');
  const path = { provider: 'openai' };
  await call('putProviderKey', { path, body: { key: 'sk-proj-a1B2c3D4e5F6g7H8i9x4Kq' } });
  await call('putProviderKey', {
    path: { provider: 'ollama' },
    body: { key: 'sk-proj-a1B2c3D4e5F6g7H8i9x4Kq' },
  });
  await call('listProviderKeys');
  await call('deleteProviderKey', { path });
  await call('deleteProviderKey', { path });
  await call('changeAccount', { body: { dailyCostLimitUsd: 5 } });
  await call('changeAccount', { body: { dailyCostLimitUsd: null } });
};

const tokens = z.object({ refreshToken: z.string() });

/** A stream opened with a ticket, and the ticket once more. */
export const ticket: Flow = async ({ call }) => {
  const { id } = z
    .object({ id: z.string() })
    .parse((await call('createAgent', { body: { name: 'Quiet' } })).body);
  await call('makeTicket', { body: { path: `/agents/${id}/events` } });
  const path = { agentId: id };
  await call('followAgent', { path, query: { ticket: 'used' }, token: null });
};

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
