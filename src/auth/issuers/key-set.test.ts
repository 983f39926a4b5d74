import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { AUDIENCE, openTestIssuer } from '../../../test/support/issuer.ts';
import type { IssuerConfig } from './config.ts';
import { createIssuers } from './issuer.ts';

const START = Date.parse('2026-11-21T12:00:00Z');

async function open(changes: Partial<IssuerConfig> = {}) {
  const clock = { now: START };
  const issuer = await openTestIssuer({ now: () => clock.now });
  const config = { issuer: issuer.origin, audience: AUDIENCE, algorithms: ['ES256' as const], ...changes };
  const issuers = createIssuers([config], { fetch: issuer.handle, now: () => clock.now });
  const check = async (token: string | Promise<string>) => {
    const checked = await issuers.check(await token, new Date(clock.now));
    return checked?.outcome === 'unavailable'
      ? `unavailable for ${checked.retryAfterSeconds} s`
      : checked?.outcome;
  };
  const pass = (milliseconds: number) => {
    clock.now += milliseconds;
  };
  const fetched = () => issuer.asked.filter((path) => path === '/keys').length;
  return { issuer, check, pass, fetched };
}

describe('the keys of an issuer', () => {
  it('are found by discovery, once for many tokens at once', async () => {
    const { issuer, check } = await open();
    const tokens = await Promise.all(Array.from({ length: 24 }, () => issuer.token()));
    expect(new Set(await Promise.all(tokens.map(check)))).toEqual(new Set(['valid']));
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('are fetched from a configured address without discovery', async () => {
    const { issuer, check } = await open({ jwksUri: 'https://issuer.test/keys' });
    expect(await check(issuer.token())).toBe('valid');
    expect(issuer.asked).toEqual(['/keys']);
  });

  it('are fetched again for a key that is new, while old tokens go on', async () => {
    const { issuer, check, pass, fetched } = await open();
    const before = await issuer.token();
    expect(await check(before)).toBe('valid');
    await issuer.rotate();
    pass(11_000);
    expect(await check(issuer.token())).toBe('valid');
    expect(await check(before)).toBe('valid');
    expect(fetched()).toBe(2);
  });

  it('stop working when the issuer publishes them no more', async () => {
    const { issuer, check, pass } = await open();
    const before = await issuer.token({ exp: START / 1000 + 3600 });
    expect(await check(before)).toBe('valid');
    await issuer.rotate({ forget: true });
    pass(10 * 60_000 + 1);
    expect(await check(before)).toBe('invalid');
  });

  it('are not asked for more than once in ten seconds, whatever tokens name', async () => {
    const { issuer, check, pass, fetched } = await open();
    expect(await check(issuer.token())).toBe('valid');
    pass(11_000);
    const forged = Array.from({ length: 200 }, (_, at) => issuer.token({}, { kid: `guess-${at}` }));
    expect(new Set(await Promise.all(forged.map(check)))).toEqual(new Set(['invalid']));
    expect(fetched()).toBe(2);
  });

  it('go on working for a day while the issuer is away, and who has none is told to wait', async () => {
    const { issuer, check, pass } = await open();
    issuer.answer = () => {
      throw new TypeError('no route to host');
    };
    expect(await check(issuer.token())).toBe('unavailable for 10 s');
    const { length } = issuer.asked;
    pass(4_000);
    expect(await check(issuer.token())).toBe('unavailable for 6 s');
    expect(issuer.asked).toHaveLength(length);

    issuer.answer = undefined;
    pass(6_000);
    expect(await check(issuer.token())).toBe('valid');
    issuer.answer = () => new Response('busy', { status: 503 });
    pass(3 * 3_600_000);
    expect(await check(issuer.token())).toBe('valid');
    expect(await check(issuer.token({}, { kid: 'unknown' }))).toBe('unavailable for 10 s');
    pass(21 * 3_600_000 + 1);
    expect(await check(issuer.token())).toBe('unavailable for 10 s');
  });

  it.each([
    ['no JSON', () => new Response('<html>')],
    ['no keys', () => Response.json({})],
    ['too much', () => new Response(`{"keys": [${' '.repeat(200_000)}]}`)],
    ['a redirect', () => Response.redirect('https://elsewhere.test/keys')],
    [
      'a body that never ends',
      () => new Response(new ReadableStream({ pull: (body) => body.enqueue(new Uint8Array(65_536)) })),
    ],
  ])('are not taken from an answer that is %s', async (_, answer) => {
    const { issuer, check } = await open({ jwksUri: 'https://issuer.test/keys' });
    issuer.answer = answer;
    expect(await check(issuer.token())).toMatch(/^unavailable/);
  });

  it.each([
    ['of another issuer', { issuer: 'https://elsewhere.test', jwks_uri: 'https://issuer.test/keys' }],
    [
      'that leads to an address anybody could answer for',
      { issuer: 'https://issuer.test', jwks_uri: 'http://issuer.test/keys' },
    ],
  ])('are not looked for by a discovery document %s', async (_, document) => {
    const { issuer, check, fetched } = await open();
    issuer.answer = () => Response.json(document);
    expect(await check(issuer.token())).toMatch(/^unavailable/);
    expect(fetched()).toBe(0);
  });

  it('are public keys alone: what a secret or a short key signs is refused', async () => {
    const { issuer, check } = await open();
    const token = await issuer.token();
    const { kid = '' } = decodeProtectedHeader(token);
    const answerWith = (key: object) => {
      issuer.answer = ({ url }) =>
        Response.json(
          url.endsWith('/keys')
            ? { keys: [key] }
            : { issuer: issuer.origin, jwks_uri: `${issuer.origin}/keys` },
        );
    };
    answerWith({ kty: 'oct', kid, alg: 'ES256', k: 'c2VjcmV0' });
    expect(await check(token)).toBe('invalid');
  });
});
