import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ACCESS_TOKEN_SECONDS, checkAccessToken, issueAccessToken } from './access-token.ts';

const AUTHORITY = { issuer: 'https://cadence.test', secret: 'a secret of thirty-two characters' };
const KEY = new TextEncoder().encode(AUTHORITY.secret);
const NOW = new Date('2026-11-21T12:00:00Z');
const IAT = NOW.getTime() / 1000;
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

const issue = () =>
  issueAccessToken(AUTHORITY, { userId: 'user_1', sessionId: 'session_1', tokenId: 'token_1' }, NOW);

/** A token that is right in everything but what a test changes. */
const craft = (claims: Record<string, unknown>, header: Record<string, string> = {}, key = KEY) =>
  new SignJWT({
    iss: AUTHORITY.issuer,
    aud: 'cadence',
    sub: 'user_1',
    sid: 'session_1',
    jti: 'token_1',
    iat: IAT,
    exp: IAT + 900,
    ...claims,
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header })
    .sign(key);

describe('access tokens', () => {
  it('say who the user is until they expire', async () => {
    expect(await checkAccessToken(AUTHORITY, await issue(), later(ACCESS_TOKEN_SECONDS - 1))).toEqual({
      outcome: 'valid',
      token: { userId: 'user_1', sessionId: 'session_1', expiresAt: later(900) },
    });
  });

  it('expire after fifteen minutes', async () => {
    expect(await checkAccessToken(AUTHORITY, await issue(), later(ACCESS_TOKEN_SECONDS))).toEqual({
      outcome: 'expired',
    });
  });

  it('are good as crafted by these tests', async () => {
    expect(await checkAccessToken(AUTHORITY, await craft({}), NOW)).toMatchObject({ outcome: 'valid' });
  });

  it.each([
    ['another issuer', { iss: 'https://elsewhere.test' }, {}],
    ['another audience', { aud: 'somebody' }, {}],
    ['no audience', { aud: undefined }, {}],
    ['no user', { sub: undefined }, {}],
    ['no session', { sid: undefined }, {}],
    ['a session that is no text', { sid: 7 }, {}],
    ['no id', { jti: undefined }, {}],
    ['no expiry', { exp: undefined }, {}],
    ['a time of issue that is no number', { iat: 'now' }, {}],
    ['a start in the future', { nbf: IAT + 60 }, {}],
    ['another type', {}, { typ: 'JWT' }],
    ['another algorithm', {}, { alg: 'HS384' }],
  ])('are refused with %s', async (_, claims, header) => {
    expect(await checkAccessToken(AUTHORITY, await craft(claims, header), NOW)).toEqual({
      outcome: 'invalid',
    });
  });

  it('are refused under another key, unsigned, or when they are no token at all', async () => {
    const foreign = await craft({}, {}, new TextEncoder().encode('another secret of 32 characters..'));
    const [, payload] = (await issue()).split('.');
    const unsigned = `${btoa('{"alg":"none","typ":"at+jwt"}').replace(/=+$/, '')}.${payload}.`;
    for (const token of [foreign, unsigned, '', 'a.b.c', 'nonsense']) {
      expect(await checkAccessToken(AUTHORITY, token, NOW)).toEqual({ outcome: 'invalid' });
    }
  });
});
