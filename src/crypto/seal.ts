import { base64url } from 'jose';

const VERSION = 'v1';
const IV_BYTES = 12;

/** One key, or the one that seals and those before it, which only open: each has 64 hexadecimal digits. */
export type SealingKeys = string | readonly [string, ...string[]];

const listOf = (keys: SealingKeys): readonly [string, ...string[]] =>
  typeof keys === 'string' ? [keys] : keys;

/**
 * Seals a secret for keeping in a row: `v1.<key id>.<base64url of IV and ciphertext>`, AES-256-GCM under a fresh random IV.
 *
 * @param keys ENCRYPTION_KEY and those of ENCRYPTION_OLD_KEYS
 * @param place where the secret is kept, of the table `SEALED`; it opens nowhere else
 */
export async function seal(keys: SealingKeys, place: string, secret: string): Promise<string> {
  const [key] = listOf(keys);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const ciphertext = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: bytesOf(place) },
    await importKey(key),
    bytesOf(secret),
  );
  const payload = new Uint8Array(IV_BYTES + ciphertext.byteLength);
  payload.set(iv);
  payload.set(new Uint8Array(ciphertext), IV_BYTES);
  return `${await sealPrefix(key)}${base64url.encode(payload)}`;
}

/** How all begins that is sealed with the first of the keys. */
export const sealPrefix = async (keys: SealingKeys): Promise<string> =>
  `${VERSION}.${await keyId(listOf(keys)[0])}.`;

/** A sealed text cannot be opened: another key, another row, or it was altered. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/**
 * Opens what `seal` made.
 *
 * @throws {SealError} when none of the keys, or not the place or the text, is the one it was sealed with
 */
export async function open(keys: SealingKeys, place: string, sealed: string): Promise<string> {
  const [version, id, payload, ...rest] = sealed.split('.');
  if (version !== VERSION || payload === undefined || rest.length > 0)
    throw new SealError('not a sealed text');
  const ids = await Promise.all(listOf(keys).map(keyId));
  const key = listOf(keys)[ids.indexOf(id ?? '')];
  if (key === undefined) throw new SealError('sealed with another key');
  try {
    const bytes = Uint8Array.from(base64url.decode(payload));
    const secret = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: bytes.subarray(0, IV_BYTES), additionalData: bytesOf(place) },
      await importKey(key),
      bytes.subarray(IV_BYTES),
    );
    return new TextDecoder().decode(secret);
  } catch (cause) {
    throw new SealError('sealed for another place, or altered', { cause });
  }
}

const bytesOf = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

const keyBytes = (key: string) =>
  Uint8Array.from(key.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const importKey = (key: string) =>
  crypto.subtle.importKey('raw', keyBytes(key), 'AES-GCM', false, ['encrypt', 'decrypt']);

/** Names a key without giving it away, so that rows sealed before a change of key can be told apart. */
async function keyId(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', keyBytes(key));
  return Array.from(new Uint8Array(digest, 0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
