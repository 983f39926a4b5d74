import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { newApiKey } from '../../src/auth/api-key.ts';
import { openGithubToken, sealGithubTokens } from '../../src/auth/github-token.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../src/local/qstash/start.ts';
import { openCloud } from '../support/cloud.ts';
import { deliver } from '../support/deliver.ts';
import { forgeries, type Genuine, signed } from './jwt.ts';

const madeSchema = z.object({ key: z.string(), prefix: z.string(), id: z.string() });

const cloud = await openCloud();
afterAll(() => cloud.close());
const { accessToken, refreshToken, user } = await cloud.signIn('demo');

const { settings } = cloud.context;
const partOf = (token: string, at: number) =>
  JSON.parse(Buffer.from(token.split('.')[at] ?? '', 'base64url').toString());
const genuine: Genuine = {
  header: partOf(accessToken, 0),
  claims: partOf(accessToken, 1),
  secret: settings.jwtSecret,
  now: Math.floor(Date.now() / 1000),
};
const { header, claims, secret } = genuine;

async function knock(token: string) {
  const headers = new Headers({ authorization: `Bearer ${token}` });
  const response = await cloud.app.request('/api/v1/me', { headers });
  const text = await response.text();
  const { code, detail } = JSON.parse(text);
  return { status: response.status, code, detail };
}

describe('an access token', () => {
  const ours: [string, string][] = [
    ['another audience', signed(header, { ...claims, aud: 'somebody' }, secret)],
    ['no audience', signed(header, { ...claims, aud: undefined }, secret)],
    ['an audience that is empty', signed(header, { ...claims, aud: [] }, secret)],
    ['the type of other JWTs', signed({ ...header, typ: 'JWT' }, claims, secret)],
    ['no type', signed({ ...header, typ: undefined }, claims, secret)],
    ['no session', signed(header, { ...claims, sid: undefined }, secret)],
    ['a session that is a number', signed(header, { ...claims, sid: 7 }, secret)],
    ['no id', signed(header, { ...claims, jti: undefined }, secret)],
    ['another user’s session', signed(header, { ...claims, sub: 'user_else' }, secret)],
    ['a session that is not there', signed(header, { ...claims, sid: 'session_none' }, secret)],
    ['a refresh token', refreshToken],
    ['a refresh token’s hash', createHash('sha256').update(refreshToken).digest('base64url')],
  ];
  const all = [...forgeries(genuine), ...ours];

  it('opens the door as it is, and as these tests craft it', async () => {
    expect((await knock(accessToken)).status).toBe(200);
    expect((await knock(signed(header, claims, secret))).status).toBe(200);
    expect(all.length).toBeGreaterThan(60);
    expect(new Set(all.map(([how]) => how)).size).toBe(all.length);
    console.log(`forgery: ${all.length} kinds of access token`);
  });

  it.each(all)('is refused: %s', async (_, token) => {
    const { status, code, detail } = await knock(token);
    expect(status).toBe(401);
    expect(['accessTokenInvalid', 'accessTokenExpired', 'accessTokenMissing', 'sessionEnded']).toContain(
      code,
    );
    // Not the whole answer: an id made by chance may have the letters.
    expect(detail).not.toMatch(/jose|jwt|hmac|signature|claim/i);
  });
});

describe('a signature of QStash', () => {
  const path = '/api/v1/callbacks/sweep';
  const body = {};
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
  const now = Math.floor(Date.now() / 1000);
  const delivery: Genuine = {
    header: { alg: 'HS256', typ: 'JWT' },
    claims: {
      iss: 'Upstash',
      sub: `${settings.publicUrl}${path}`,
      iat: now,
      nbf: 0,
      exp: now + 300,
      jti: 'jwt_1',
      body: `${digest}=`,
    },
    secret: DEVELOPMENT_CREDENTIALS.currentSigningKey,
    now,
  };
  const sign = (changes: Record<string, unknown>) =>
    signed(delivery.header, { ...delivery.claims, ...changes }, delivery.secret);
  const theirs: [string, string][] = [
    ['another destination', sign({ sub: `${settings.publicUrl}/api/v1/callbacks/run` })],
    ['another host', sign({ sub: `https://evil.test${path}` })],
    ['the hash of another body', sign({ body: createHash('sha256').update('{"a":1}').digest('base64url') })],
    ['no hash of the body', sign({ body: undefined })],
    ['an access token of ours', accessToken],
  ];

  it('is believed as these tests craft it', async () => {
    expect((await deliver(cloud, path, body, sign({}))).status).toBe(200);
  });

  it.each([...forgeries(delivery), ...theirs])('is refused: %s', async (_, signature) => {
    expect((await deliver(cloud, path, body, signature)).status).toBe(401);
  });
});

describe('an API key', () => {
  it('is refused, however it was made up', async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` };
    const response = await cloud.app.request('/api/v1/api-keys', {
      method: 'POST',
      headers,
      body: JSON.stringify({ name: 'x', scopes: ['read'] }),
    });
    const { key, prefix, id } = madeSchema.parse(await response.json());
    const opens = async (token: string) => {
      const answer = await cloud.app.request('/api/v1/agents', {
        headers: { authorization: `Bearer ${token}` },
      });
      return answer.status;
    };
    expect(await opens(key)).toBe(200);
    const [, , secretPart = ''] = key.split('_');
    const made = newApiKey();
    const forged = [
      ...Array.from(
        { length: key.length },
        (_, at) => `${key.slice(0, at)}${key[at] === 'x' ? 'y' : 'x'}${key.slice(at + 1)}`,
      ),
      ...Array.from({ length: 12 }, (_, cut) => key.slice(0, -cut - 1)),
      made.key,
      made.key.replace(made.prefix, prefix),
      id,
      prefix,
      `cad_${prefix}`,
      `cad_${prefix}_`,
      `cad_${prefix}_${createHash('sha256').update(key).digest('base64url')}`,
      `CAD_${prefix}_${secretPart}`,
      `${key}.${key}`,
      `${key}=`,
      Buffer.from(key).toString('base64url'),
      encodeURIComponent(` ${key}`),
    ];
    for (const token of forged) expect([token, await opens(token)]).toEqual([token, 401]);
  });
});

describe('a sealed text', () => {
  const key = settings.encryptionKeys;

  it('opens in its own row alone, and with nothing altered', async () => {
    const sealed = async (userId: string, token: string) => {
      const tokens = { token, refreshToken: null, expiresInSeconds: null };
      return (await sealGithubTokens(key, userId, tokens)).sealedToken;
    };
    const [own, other] = [await sealed(user.id, 'gho_own'), await sealed('user_else', 'gho_other')];
    expect(await openGithubToken(key, user.id, own)).toBe('gho_own');
    const [version = '', id = '', payload = ''] = own.split('.');
    const [, , foreign = ''] = other.split('.');
    const broken = [
      other,
      `${version}.${id}.${foreign}`,
      `v0.${id}.${payload}`,
      `${version}.00000000.${payload}`,
      `${version}.${id}.${payload.slice(0, 16)}${foreign.slice(16)}`,
      `${version}.${id}.${foreign.slice(0, 16)}${payload.slice(16)}`,
      `${version}.${id}.${payload.slice(0, -2)}`,
      `${version}.${id}.${payload.slice(4)}`,
      `${version}.${id}.${payload}AAAA`,
      `${version}.${id}.`,
      `${version}.${id}`,
      `${own}.${own}`,
      '',
    ];
    for (const text of broken) expect(await openGithubToken(key, user.id, text)).toBeNull();
    expect(await openGithubToken('f0'.repeat(32), user.id, own)).toBeNull();
  });
});
