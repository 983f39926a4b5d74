import { base64url } from 'jose';

/** What is kept of a secret that is random, so that it needs no salt: SHA-256 in base64url. */
export async function hashOf(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(new TextEncoder().encode(secret)));
  return base64url.encode(new Uint8Array(digest));
}
