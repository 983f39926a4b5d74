const HEADER = /^sha256=([0-9a-f]{64})$/;

/**
 * Whether GitHub signed these bytes (`X-Hub-Signature-256`: HMAC-SHA256 under the webhook's secret, in small hexadecimal digits). The
 * runtime compares in constant time.
 */
export async function isSignedByGithub(
  secret: string,
  body: ArrayBuffer,
  header: string | undefined,
): Promise<boolean> {
  const digits = HEADER.exec(header ?? '')?.[1];
  if (digits === undefined) return false;
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  );
  const signature = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return crypto.subtle.verify('HMAC', key, signature, body);
}
