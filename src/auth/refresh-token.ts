import { base64url } from 'jose';
import { hashOf } from '../crypto/hash.ts';

const SECRET_BYTES = 32;
const TAG_BYTES = 16;
const LENGTH = base64url.encode(new Uint8Array(SECRET_BYTES + TAG_BYTES)).length;

type Purpose = 'successor' | 'tag';

/**
 * Makes the first refresh token of a session: `<sessionId>.<secret>`. The secret ends in a tag of ours, so that a token
 * somebody made up never gets as far as being taken for a replay, which would end the session.
 *
 * @param authoritySecret JWT_SECRET; the keys used here are derived from it for this purpose only
 */
export function firstRefreshToken(authoritySecret: string, sessionId: string): Promise<string> {
  return withTag(authoritySecret, sessionId, crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
}

/**
 * The token that replaces this one. It depends on nothing but the token, so a phone that lost the answer can be given
 * the same one again although only hashes are kept.
 */
export async function successorOf(
  authoritySecret: string,
  { sessionId, token }: RefreshToken,
): Promise<string> {
  const secret = await hmac(authoritySecret, 'successor', bytesOf(token));
  return withTag(authoritySecret, sessionId, secret);
}

export interface RefreshToken {
  sessionId: string;
  token: string;
}

/** Reads a token; null for anything we did not make. Whether it is the current one, only the session's row knows. */
export async function readRefreshToken(authoritySecret: string, token: string): Promise<RefreshToken | null> {
  const [sessionId, secret, ...rest] = token.split('.');
  if (!sessionId || secret?.length !== LENGTH || rest.length > 0 || !/^[\w-]+$/.test(secret)) return null;
  const bytes = Uint8Array.from(base64url.decode(secret)).subarray(0, SECRET_BYTES);
  const genuine = await withTag(authoritySecret, sessionId, bytes);
  // Both sides are hashed first: comparing digests tells nothing about how much of a guess was right.
  return (await hashOf(genuine)) === (await hashOf(token)) ? { sessionId, token } : null;
}

async function withTag(authoritySecret: string, sessionId: string, secret: Uint8Array): Promise<string> {
  const tagged = bytesOf(`${sessionId}.${base64url.encode(secret)}`);
  const tag = (await hmac(authoritySecret, 'tag', tagged)).subarray(0, TAG_BYTES);
  return `${sessionId}.${base64url.encode(new Uint8Array([...secret, ...tag]))}`;
}

async function hmac(
  authoritySecret: string,
  purpose: Purpose,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const root = await crypto.subtle.importKey('raw', bytesOf(authoritySecret), 'HKDF', false, ['deriveKey']);
  const key = await crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(),
      info: bytesOf(`cadence/refreshToken/${purpose}`),
    },
    root,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  );
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, data));
}

const bytesOf = (text: string) => Uint8Array.from(new TextEncoder().encode(text));
