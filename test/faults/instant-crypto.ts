import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  timingSafeEqual,
  type webcrypto,
} from 'node:crypto';
import { z } from 'zod';

type Key = webcrypto.CryptoKey;
type Data = webcrypto.BufferSource;

const hmacSchema = z.object({ name: z.literal('HMAC'), hash: z.object({ name: z.string() }) });
const gcmSchema = z.object({ iv: z.instanceof(Uint8Array), additionalData: z.instanceof(Uint8Array) });

const GCM = 'aes-256-gcm';
const TAG_BYTES = 16;

/**
 * Puts what stands for Web Crypto under virtual time in its place, as far as a run needs it. The real one works in other
 * threads: which of two requests that are checked at once goes on first is left to chance, and with it the order of all
 * that follows.
 *
 * @param track told of all that is under way; some still goes to the real one, such as what is done with a key that was not
 *   imported from bytes
 * @returns what brings the real one back
 */
export function installInstantCrypto(track: <T>(work: Promise<T>) => Promise<T>): () => void {
  const { subtle } = crypto;
  const real = {
    importKey: subtle.importKey.bind(subtle),
    sign: subtle.sign.bind(subtle),
    verify: subtle.verify.bind(subtle),
    deriveKey: subtle.deriveKey.bind(subtle),
  };
  const secrets = new WeakMap<Key, Uint8Array>();
  const secretOf = (key: Key, usage: webcrypto.KeyUsage): Uint8Array => {
    const secret = secrets.get(key);
    if (!secret) throw new TypeError('nobody knows the bytes of this key');
    if (!key.usages.includes(usage)) throw new DOMException(`the key may not ${usage}`, 'InvalidAccessError');
    return secret;
  };
  const hmacOf = (key: Key, usage: webcrypto.KeyUsage, data: Data): Uint8Array => {
    const { hash } = hmacSchema.parse(key.algorithm);
    return createHmac(hashName(hash.name), secretOf(key, usage)).update(bytesOf(data)).digest();
  };

  const instant = {
    async importKey(...given: Parameters<typeof real.importKey>) {
      const [format, bytes] = given;
      const key = await real.importKey(...given);
      if (format === 'raw' && isBytes(bytes)) secrets.set(key, bytesOf(bytes).slice());
      return key;
    },
    deriveKey: (...given: Parameters<typeof real.deriveKey>) => real.deriveKey(...given),
    digest: async (algorithm: string, data: Data) =>
      bufferOf(createHash(hashName(algorithm)).update(bytesOf(data)).digest()),
    async sign(...given: Parameters<typeof real.sign>) {
      const [, key, data] = given;
      return secrets.has(key) ? bufferOf(hmacOf(key, 'sign', data)) : real.sign(...given);
    },
    async verify(...given: Parameters<typeof real.verify>) {
      const [, key, signature, data] = given;
      if (!secrets.has(key)) return real.verify(...given);
      const [is, presented] = [hmacOf(key, 'verify', data), bytesOf(signature)];
      return is.byteLength === presented.byteLength && timingSafeEqual(is, presented);
    },
    async encrypt(parameters: unknown, key: Key, data: Data) {
      const { iv, additionalData } = gcmSchema.parse(parameters);
      const cipher = createCipheriv(GCM, secretOf(key, 'encrypt'), iv).setAAD(additionalData);
      return bufferOf(cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag());
    },
    async decrypt(parameters: unknown, key: Key, data: Data) {
      const { iv, additionalData } = gcmSchema.parse(parameters);
      const sealed = bytesOf(data);
      const decipher = createDecipheriv(GCM, secretOf(key, 'decrypt'), iv)
        .setAAD(additionalData)
        .setAuthTag(sealed.subarray(-TAG_BYTES));
      return bufferOf(decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final());
    },
  };
  for (const [name, method] of Object.entries(instant)) {
    const value = (...given: never[]) => track(late(Reflect.apply(method, instant, given)));
    Object.defineProperty(subtle, name, { configurable: true, value });
  }
  return () => {
    for (const name of Object.keys(instant)) Reflect.deleteProperty(subtle, name);
  };
}

/** A turn of the event loop later, so that what needs no other thread comes first, as it does with the real one. */
async function late<T>(work: Promise<T>): Promise<T> {
  const turn = new Promise((resolve) => setImmediate(resolve));
  const [done] = await Promise.all([work, turn]);
  return done;
}

const hashName = (algorithm: string) => algorithm.replace('-', '');

const isBytes = (given: unknown): given is Data => ArrayBuffer.isView(given) || given instanceof ArrayBuffer;

const bytesOf = (data: Data): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);

const bufferOf = (...parts: Uint8Array[]): ArrayBuffer => new Uint8Array(Buffer.concat(parts)).buffer;
