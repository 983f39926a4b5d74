const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A new secret of a webhook endpoint, as Standard Webhooks writes it: `whsec_` and base64. */
export const newWebhookSecret = (): string =>
  PREFIX + toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));

/**
 * Signs a message as Standard Webhooks has it (https://github.com/standard-webhooks/standard-webhooks, spec 1.0.0): the header
 * `webhook-signature`, with one `v1` signature for each secret that the receiver may still have.
 *
 * @param timestamp seconds since the epoch
 */
export async function signWebhook(
  secrets: readonly string[],
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): Promise<string> {
  const message = Uint8Array.from(new TextEncoder().encode(`${id}.${timestamp}.${body}`));
  const signatures = await Promise.all(
    secrets.map(async (secret) => {
      const bytes = Uint8Array.from(atob(secret.slice(PREFIX.length)), (character) =>
        character.charCodeAt(0),
      );
      const algorithm = { name: 'HMAC', hash: 'SHA-256' };
      const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign']);
      return `v1,${toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, message)))}`;
    }),
  );
  return signatures.join(' ');
}

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
