import { createHash, createHmac, randomUUID } from 'node:crypto';

const LIFETIME_SECONDS = 300;

/**
 * Signs a delivery the way the service does: a JWT with HS256 and the current key, `sub` the exact destination URL,
 * `body` the base64url SHA-256 of the raw body with its padding, `nbf` 0 (changelog of 2024-09).
 *
 * Signed at once rather than through WebCrypto's threads, so that deliveries leave in the order they were started.
 *
 * @param now epoch milliseconds
 */
export function signDelivery(key: string, url: string, body: Uint8Array, now: number): string {
  const issuedAt = Math.floor(now / 1000);
  const digest = createHash('sha256').update(body).digest('base64');
  const claims = {
    iss: 'Upstash',
    sub: url,
    iat: issuedAt,
    nbf: 0,
    exp: issuedAt + LIFETIME_SECONDS,
    jti: `jwt_${randomUUID().replaceAll('-', '')}`,
    body: digest.replaceAll('+', '-').replaceAll('/', '_'),
  };
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
