import { createHmac, createPublicKey } from 'node:crypto';
import { exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { openCloud } from '../support/cloud.ts';
import { AUDIENCE, openTestIssuer, trusting } from '../support/issuer.ts';

type Json = Record<string, unknown>;

const [issuer, other] = [
  await openTestIssuer({ alg: 'RS256' }),
  await openTestIssuer({ origin: 'https://other.test', alg: 'RS256' }),
];
const evil = { origin: 'https://evil.test', asked: 0 };
const cloud = await openCloud({
  env: { AUTH_ISSUERS: trusting(issuer, other) },
  others: {
    issuer,
    other,
    evil: {
      origin: evil.origin,
      handle: () => {
        evil.asked += 1;
        return Response.json({ keys: [] });
      },
    },
  },
});
afterAll(() => cloud.close());

const now = Math.floor(Date.now() / 1000);
const claims = {
  iss: issuer.origin,
  aud: AUDIENCE,
  sub: 'person-1',
  iat: now,
  exp: now + 300,
  org: 'acme',
  roles: ['boss'],
};
const [own, theirs] = [issuer.keys[0], other.keys[0]];
if (own === undefined || theirs === undefined) throw new Error('the issuers have no keys');
const header = { alg: 'RS256', kid: own.kid, typ: 'JWT' };
const publicKey = await importJWK(own.jwk, 'RS256', { extractable: true });
if (publicKey instanceof Uint8Array) throw new Error('a public key is no secret');
const pem = await exportSPKI(publicKey);
const stranger = await generateKeyPair('RS256', { extractable: true });
const strangersJwk = { ...createPublicKey(await exportSPKI(stranger.publicKey)).export({ format: 'jwk' }) };

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
const make = (changes: Json = {}, head: Json = {}, key = own.privateKey) =>
  new SignJWT({ ...claims, ...changes }).setProtectedHeader({ ...header, ...head }).sign(key);
const mac = (head: Json, secret: string) => {
  const content = `${encode({ ...header, ...head })}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
};
const without = (name: keyof typeof claims) => make({ [name]: undefined });
const good = await make();
const [head = '', body = '', signature = ''] = good.split('.');
const byStranger = (extra: Json) => make({}, extra, stranger.privateKey);
const flip = (text: string, at: number) =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
const FORGED: [how: string, token: string][] = [
  // The algorithm
  ['alg none', `${encode({ ...header, alg: 'none' })}.${body}.`],
  ['alg NONE, with the signature', `${encode({ ...header, alg: 'NONE' })}.${body}.${signature}`],
  ['no alg', `${encode({ kid: own.kid })}.${body}.${signature}`],
  ['HS256 with the public key', mac({ alg: 'HS256' }, pem)],
  ['HS256 with the modulus', mac({ alg: 'HS256' }, own.jwk.n ?? '')],
  ['HS256 with our own secret', mac({ alg: 'HS256' }, cloud.context.settings.jwtSecret)],
  [
    'HS256 with our own secret and type',
    mac({ alg: 'HS256', typ: 'at+jwt' }, cloud.context.settings.jwtSecret),
  ],
  ['an HMAC that says RS256', mac({}, pem)],
  ['an RS256 signature that says PS256', `${encode({ ...header, alg: 'PS256' })}.${body}.${signature}`],
  ['an RS256 signature that says RS512', `${encode({ ...header, alg: 'RS512' })}.${body}.${signature}`],
  ['an RS256 signature that says ES256', `${encode({ ...header, alg: 'ES256' })}.${body}.${signature}`],
  // The key
  ['a stranger’s key', await byStranger({})],
  ['a stranger’s key without kid', await byStranger({ kid: undefined })],
  ['a stranger’s key in jwk', await byStranger({ jwk: strangersJwk })],
  ['a stranger’s key at jku', await byStranger({ jku: `${evil.origin}/keys` })],
  ['a stranger’s key at x5u', await byStranger({ x5u: `${evil.origin}/x5u` })],
  ['a stranger’s key in x5c', await byStranger({ x5c: ['MIIB'] })],
  ['a key that nobody has', await byStranger({ kid: 'key-99' })],
  ['a kid that is a path', await byStranger({ kid: '../../dev/null' })],
  ['a kid that is SQL', await byStranger({ kid: "' OR 1=1 --" })],
  ['a kid that is empty', await byStranger({ kid: '' })],
  ['the other issuer’s key', await make({}, {}, theirs.privateKey)],
  [
    'the other issuer’s token in our issuer’s name',
    await make({ iss: issuer.origin, sub: 'x' }, { kid: theirs.kid }, theirs.privateKey),
  ],
  ['our issuer’s key in the other’s name', await make({ iss: other.origin })],
  ['a header that must be understood', `${encode({ ...header, crit: ['x'], x: 1 })}.${body}.${signature}`],
  // The issuer
  ['the issuer with a slash', await make({ iss: `${issuer.origin}/` })],
  ['the issuer in capitals', await make({ iss: issuer.origin.toUpperCase() })],
  ['the issuer over http', await make({ iss: 'http://issuer.test' })],
  ['an issuer below it', await make({ iss: `${issuer.origin}/realm` })],
  ['an issuer that is a list', await make({ iss: [issuer.origin] })],
  ['an issuer that nobody trusts', await make({ iss: evil.origin })],
  ['us as the issuer', await make({ iss: cloud.context.settings.publicUrl })],
  ['no issuer', await without('iss')],
  // The audience
  ['another audience', await make({ aud: 'somebody' })],
  ['the audience with a slash', await make({ aud: `${AUDIENCE}/` })],
  ['an audience of others', await make({ aud: ['a', 'b'] })],
  ['an empty audience', await make({ aud: [] })],
  ['no audience', await without('aud')],
  // The time
  ['expired ten seconds ago', await make({ exp: now - 10 })],
  ['expired long ago', await make({ exp: 1 })],
  ['an expiry that is a text', await make({ exp: String(now + 300) })],
  ['no expiry', await without('exp')],
  ['not before a minute from now', await make({ nbf: now + 60 })],
  ['issued a minute from now', await make({ iat: now + 60 })],
  ['no time of issue', await without('iat')],
  // The subject and the type
  ['no subject', await without('sub')],
  ['an empty subject', await make({ sub: '' })],
  ['a subject that is a number', await make({ sub: 7 })],
  ['a subject with a NUL', await make({ sub: 'a\0' })],
  ['a subject that is too long', await make({ sub: 'x'.repeat(256) })],
  ['a notice of a log-out', await make({}, { typ: 'logout+jwt' })],
  ['a security event', await make({ events: {} })],
  // Truncation and alteration
  ['no signature', `${head}.${body}.`],
  ['a signature without its last character', good.slice(0, -1)],
  ['an altered signature', `${head}.${body}.${flip(signature, 20)}`],
  ['altered claims', `${head}.${flip(body, 30)}.${signature}`],
  ['claims of somebody else', `${head}.${encode({ ...claims, sub: 'person-2' })}.${signature}`],
  ['a higher role', `${head}.${encode({ ...claims, roles: ['boss', 'owner'] })}.${signature}`],
];

async function knock(token: string) {
  const headers = new Headers({ authorization: `Bearer ${token}` });
  const response = await cloud.app.request('/api/v1/me', { headers });
  const { code, detail } = JSON.parse(await response.text());
  return { status: response.status, code, detail };
}

describe('a token of an issuer', () => {
  it('opens the door as it is, and as these tests craft it', async () => {
    expect((await knock(await issuer.token())).status).toBe(200);
    expect((await knock(good)).status).toBe(200);
    expect(FORGED.length).toBeGreaterThan(50);
    expect(new Set(FORGED.map(([how]) => how)).size).toBe(FORGED.length);
    console.log(`forgery: ${FORGED.length} kinds of tokens of issuers`);
  });

  it.each(FORGED)('is refused: %s', async (_, token) => {
    const { status, code, detail } = await knock(token);
    expect(status).toBe(401);
    expect(['accessTokenInvalid', 'accessTokenExpired']).toContain(code);
    expect(detail).not.toMatch(/jose|jwt|hmac|signature|claim|jwks/i);
  });

  it('never makes us ask whom it names', () => {
    expect(evil.asked).toBe(0);
  });
});
