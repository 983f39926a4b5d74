import { createHash, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

const LIFETIME_SECONDS = 300;

/**
 * Signs a delivery the way the service does: HS256 with the current key, `sub` the exact destination URL, `body`
 * the base64url SHA-256 of the raw body with its padding, `nbf` 0 (changelog of 2024-09).
 *
 * @param now epoch milliseconds
 */
export async function signDelivery(key: string, url: string, body: Uint8Array, now: number): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  const digest = createHash('sha256').update(body).digest('base64');
  return new SignJWT({ body: digest.replaceAll('+', '-').replaceAll('/', '_') })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('Upstash')
    .setSubject(url)
    .setIssuedAt(issuedAt)
    .setNotBefore(0)
    .setExpirationTime(issuedAt + LIFETIME_SECONDS)
    .setJti(`jwt_${randomUUID().replaceAll('-', '')}`)
    .sign(new TextEncoder().encode(key));
}
