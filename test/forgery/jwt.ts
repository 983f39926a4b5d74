import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

type Json = Record<string, unknown>;

const encode = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

const HASHES: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** A JWT signed with HMAC by hand, so that it can say anything. `header` and `claims` may be texts that are no JSON. */
export function signed(header: unknown, claims: unknown, secret: string | Buffer, alg = 'HS256'): string {
  const content = `${encode(header)}.${encode(claims)}`;
  return `${content}.${createHmac(HASHES[alg] ?? 'sha256', secret)
    .update(content)
    .digest('base64url')}`;
}

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A JWT signed with a key pair of a stranger, who may put the public key into the header. */
function signedByStranger(alg: 'RS256' | 'ES256', header: Json, claims: Json): string {
  const { privateKey, publicKey } = alg === 'RS256' ? RSA : EC;
  const jwk = publicKey.export({ format: 'jwk' });
  const content = `${encode({ alg, jwk, ...header })}.${encode(claims)}`;
  return `${content}.${sign(content, privateKey)}`;
}

const sign = (content: string, key: KeyObject) =>
  createSign('sha256').update(content).sign({ key, dsaEncoding: 'ieee-p1363' }).toString('base64url');

export interface Genuine {
  header: Json;
  claims: Json;
  secret: string;
  /** Seconds since the epoch. */
  now: number;
}

/** So many ways to break a JWT that is right in everything else, by name. */
export function forgeries({ header, claims, secret, now }: Genuine): [how: string, token: string][] {
  const good = signed(header, claims, secret);
  const [head = '', body = '', mac = ''] = good.split('.');
  const withHeader = (changes: Json, key: string | Buffer = secret, alg?: string) =>
    signed({ ...header, ...changes }, claims, key, alg);
  const withClaims = (changes: Json) => signed(header, { ...claims, ...changes }, secret);
  const without = (name: string) => {
    const { [name]: _, ...rest } = claims;
    return signed(header, rest, secret);
  };
  const flip = (text: string, at: number) =>
    `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
  const unsigned = (alg: string) => `${encode({ ...header, alg })}.${body}`;
  const standard = (part: string) => Buffer.from(part, 'base64url').toString('base64');
  return [
    // The algorithm
    ['alg none, no signature', `${unsigned('none')}.`],
    ['alg None', `${unsigned('None')}.`],
    ['alg NONE', `${unsigned('NONE')}.`],
    ['alg nOnE, with the signature', `${unsigned('nOnE')}.${mac}`],
    ['alg none, with the signature', `${unsigned('none')}.${mac}`],
    ['no alg', signed({ typ: header.typ }, claims, secret)],
    ['alg null', withHeader({ alg: null })],
    ['alg empty', withHeader({ alg: '' })],
    ['alg a list', withHeader({ alg: ['HS256'] })],
    ['alg in small letters', withHeader({ alg: 'hs256' })],
    ['HS384 under the same key', withHeader({ alg: 'HS384' }, secret, 'HS384')],
    ['HS512 under the same key', withHeader({ alg: 'HS512' }, secret, 'HS512')],
    ['HS256 that says HS512', withHeader({ alg: 'HS512' })],
    ['RS256 of a stranger who sends the key', signedByStranger('RS256', header, claims)],
    ['RS256 of a stranger', signedByStranger('RS256', { ...header, alg: 'RS256', jwk: undefined }, claims)],
    ['ES256 of a stranger who sends the key', signedByStranger('ES256', { ...header, alg: 'ES256' }, claims)],
    ['an HMAC that says RS256', withHeader({ alg: 'RS256' })],
    ['an HMAC that says EdDSA', withHeader({ alg: 'EdDSA' })],
    // The key
    ['another key', signed(header, claims, 'another secret of 32 characters..')],
    ['an empty key', signed(header, claims, '')],
    ['a key of zeros', signed(header, claims, Buffer.alloc(32))],
    ['the key in capitals', signed(header, claims, secret.toUpperCase())],
    ['the key and a space', signed(header, claims, `${secret} `)],
    ['the hash of the key', signed(header, claims, createHmac('sha256', '').update(secret).digest())],
    ['another key, named by kid', signed({ ...header, kid: '../../dev/null' }, claims, '')],
    [
      'a stranger’s key in jwk',
      signed({ ...header, jwk: { kty: 'oct', k: encode('x'.repeat(32)) } }, claims, 'x'.repeat(32)),
    ],
    ['a stranger’s key at jku', signed({ ...header, jku: 'https://evil.test/jwks' }, claims, 'x'.repeat(32))],
    ['a stranger’s key at x5u', signed({ ...header, x5u: 'https://evil.test/x5u' }, claims, 'x'.repeat(32))],
    ['a header that must be understood', withHeader({ crit: ['exp'] })],
    ['an unknown header that must be understood', withHeader({ crit: ['x'], x: 1 })],
    // The audience and the issuer
    ['another issuer', withClaims({ iss: 'https://elsewhere.test' })],
    ['the issuer with a slash', withClaims({ iss: `${claims.iss}/` })],
    ['the issuer in capitals', withClaims({ iss: String(claims.iss).toUpperCase() })],
    ['a list of issuers', withClaims({ iss: [claims.iss] })],
    ['no issuer', without('iss')],
    // The time
    ['expired a second ago', withClaims({ exp: now - 1 })],
    ['expired long ago', withClaims({ exp: 1 })],
    ['an expiry below zero', withClaims({ exp: -now })],
    ['an expiry that is a text', withClaims({ exp: String(now + 900) })],
    ['an expiry that is null', withClaims({ exp: null })],
    ['an expiry that is a list', withClaims({ exp: [now + 900] })],
    ['no expiry', without('exp')],
    ['not before a minute from now', withClaims({ nbf: now + 60 })],
    ['a start that is a text', withClaims({ nbf: 'now' })],
    // The subject
    ['a subject that is a number', withClaims({ sub: 7 })],
    ['no subject', without('sub')],
    ['a list of subjects', withClaims({ sub: [claims.sub] })],
    // Truncation
    ['nothing', ''],
    ['dots', '..'],
    ['the header alone', head],
    ['no signature', `${head}.${body}`],
    ['an empty signature', `${head}.${body}.`],
    ['no claims', `${head}..${mac}`],
    ['no header', `.${body}.${mac}`],
    ['half a signature', `${head}.${body}.${mac.slice(0, 21)}`],
    ['a signature without its last character', good.slice(0, -1)],
    ['a signature without its first character', `${head}.${body}.${mac.slice(1)}`],
    ['claims without their last character', `${head}.${body.slice(0, -1)}.${mac}`],
    ['a fourth part', `${good}.${mac}`],
    ['five parts, as if encrypted', `${head}.${body}.${mac}.${body}.${mac}`],
    // Alteration and re-encoding
    ['an altered first character of the signature', `${head}.${body}.${flip(mac, 0)}`],
    ['an altered character in the signature', `${head}.${body}.${flip(mac, 20)}`],
    ['an altered character in the claims', `${head}.${flip(body, 10)}.${mac}`],
    ['an altered character in the header', `${flip(head, 10)}.${body}.${mac}`],
    ['the parts in another order', `${body}.${head}.${mac}`],
    ['a signature of zeros', `${head}.${body}.${Buffer.alloc(32).toString('base64url')}`],
    ['claims of another token', `${head}.${encode({ ...claims, sub: 'user_else' })}.${mac}`],
    ['claims encoded anew with spaces', `${head}.${encode(JSON.stringify(claims, null, 1))}.${mac}`],
    [
      'claims in another order',
      `${head}.${encode(Object.fromEntries(Object.entries(claims).reverse()))}.${mac}`,
    ],
    ['claims twice encoded', `${head}.${encode(body)}.${mac}`],
    ['the signature in hexadecimal', `${head}.${body}.${Buffer.from(mac, 'base64url').toString('hex')}`],
    ['the header in base64 with padding', `${standard(head)}=.${body}.${mac}`],
    ['claims that are a list', signed(header, [claims], secret)],
    ['claims that are a text', signed(header, '"claims"', secret)],
    ['claims that are null', signed(header, 'null', secret)],
    ['claims that are no JSON', signed(header, '{"sub":', secret)],
    ['a header that is no JSON', signed('{"alg":"HS256"', claims, secret)],
    ['a header that is null', signed('null', claims, secret)],
  ];
}
