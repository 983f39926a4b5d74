import { afterAll, expect, it } from 'vitest';
import { open, seal } from '../../src/crypto/seal.ts';
import { installInstantCrypto } from './instant-crypto.ts';

const KEY = '0f'.repeat(32);
const data = new TextEncoder().encode('what is signed');
const bytes = new TextEncoder().encode('a secret');
const importHmac = (...usages: ('sign' | 'verify')[]) =>
  crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, usages);
const realKey = await importHmac('sign', 'verify');
const real = {
  digest: await crypto.subtle.digest('SHA-256', data),
  signature: await crypto.subtle.sign('HMAC', realKey, data),
  sealed: await seal(KEY, 'a/place', 'a secret'),
};

const restore = installInstantCrypto(<T>(work: Promise<T>) => work);
afterAll(restore);
const key = await importHmac('sign', 'verify');

it('gives what Web Crypto gives', async () => {
  expect(await crypto.subtle.digest('SHA-256', data)).toEqual(real.digest);
  expect(await crypto.subtle.sign('HMAC', key, data)).toEqual(real.signature);
  expect(await crypto.subtle.verify('HMAC', key, real.signature, data)).toBe(true);
  expect(await open(KEY, 'a/place', real.sealed)).toBe('a secret');
  const sealed = await seal(KEY, 'a/place', 'another');
  expect(await open(KEY, 'a/place', sealed)).toBe('another');
});

it('refuses what Web Crypto refuses', async () => {
  const altered = new Uint8Array(real.signature.slice(0));
  altered[0] = (altered[0] ?? 0) ^ 1;
  expect(await crypto.subtle.verify('HMAC', key, altered, data)).toBe(false);
  expect(await crypto.subtle.verify('HMAC', key, altered.subarray(1), data)).toBe(false);
  await expect(open(KEY, 'another/place', real.sealed)).rejects.toThrow('sealed for another place');
  const verifying = await importHmac('verify');
  await expect(crypto.subtle.sign('HMAC', verifying, data)).rejects.toThrow('the key may not sign');
});

it('leaves keys that were there before to Web Crypto', async () => {
  expect(await crypto.subtle.sign('HMAC', realKey, data)).toEqual(real.signature);
  expect(await crypto.subtle.verify('HMAC', realKey, real.signature, data)).toBe(true);
});
