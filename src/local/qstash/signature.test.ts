import { Receiver } from '@upstash/qstash';
import { decodeJwt } from 'jose';
import { expect, it } from 'vitest';
import { DEVELOPMENT_CREDENTIALS } from './start.ts';
import { createTestbed } from './testbed.ts';

const URL_A = 'http://app.test/callback?x=1';
const { currentSigningKey, nextSigningKey } = DEVELOPMENT_CREDENTIALS;

function receiver(current: string, next: string): Receiver {
  return new Receiver({ currentSigningKey: current, nextSigningKey: next, devMode: false });
}

async function deliver(body: string) {
  const bed = await createTestbed();
  await bed.client.publish({ url: URL_A, body });
  await bed.service.idle();
  const signature = bed.received[0]?.headers.get('upstash-signature') ?? '';
  return { ...bed, signature };
}

it('signs deliveries that the official receiver accepts', async () => {
  const { signature } = await deliver('{"runId":"run_1"}');
  const verified = receiver(currentSigningKey, nextSigningKey).verify({
    signature,
    body: '{"runId":"run_1"}',
    url: URL_A,
  });
  expect(await verified).toBe(true);
});

it('claims what the documentation says', async () => {
  const { signature, clock } = await deliver('');
  const issuedAt = Math.floor(clock.now() / 1000);
  expect(decodeJwt(signature)).toEqual({
    iss: 'Upstash',
    sub: URL_A,
    iat: issuedAt,
    nbf: 0,
    exp: issuedAt + 300,
    jti: expect.stringMatching(/^jwt_/),
    body: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=',
  });
});

it.each([
  ['another body', { body: '{}' }],
  ['another URL', { url: 'http://app.test/callback' }],
  ['a broken signature', { signature: 'x.y.z' }],
])('does not verify %s', async (_, change) => {
  const { signature } = await deliver('hello');
  const verified = receiver(currentSigningKey, nextSigningKey).verify({
    signature,
    body: 'hello',
    url: URL_A,
    ...change,
  });
  await expect(verified).rejects.toThrow();
});

it('does not verify with other keys', async () => {
  const { signature } = await deliver('hello');
  await expect(receiver('sig_a', 'sig_b').verify({ signature, body: 'hello' })).rejects.toThrow();
});

it('moves the next key up when keys rotate, which the receiver survives once', async () => {
  const { call, client, service, received } = await deliver('before');
  const rotated = await call('/v2/keys/rotate', { method: 'POST' });
  const keys = await rotated.json();
  expect(keys).toEqual({ current: nextSigningKey, next: expect.stringMatching(/^sig_/) });
  expect(await (await call('/v2/keys')).json()).toEqual(keys);
  await client.publish({ url: URL_A, body: 'after' });
  await service.idle();
  const signature = received[1]?.headers.get('upstash-signature') ?? '';
  const verify = (one: Receiver) => one.verify({ signature, body: 'after', url: URL_A });
  expect(await verify(receiver(currentSigningKey, nextSigningKey))).toBe(true);
  await expect(verify(receiver(currentSigningKey, currentSigningKey))).rejects.toThrow();
});
