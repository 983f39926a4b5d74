import { describe, expect, it } from 'vitest';
import { testContext } from '../../test/support/context.ts';
import { createApp } from '../app.ts';
import { readEnv } from '../env.ts';

const OURS = 'https://app.example.com';

const appFor = (corsOrigins: string[]) => {
  const context = testContext();
  return createApp({ ...context, settings: { ...context.settings, corsOrigins } });
};
const app = appFor([OURS, 'capacitor://localhost']);
const preflight = (origin: string, from = app) =>
  from.request('/agents', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  });

describe('a browser app of an origin that is named', () => {
  it.each([OURS, 'capacitor://localhost'])(
    'may ask from %s, and need not ask again for a day',
    async (origin) => {
      const { status, headers } = await preflight(origin);
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-allow-methods')).toContain('PATCH');
      expect(headers.get('access-control-allow-headers')).toMatch(
        /authorization.*cadence-organisation.*idempotency-key/i,
      );
      expect(headers.get('access-control-max-age')).toBe('86400');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('vary')).toContain('Origin');
    },
  );

  it.each(['/health', '/nothing', '/agents'])(
    'reads what comes back from %s, errors included',
    async (path) => {
      const { headers } = await app.request(path, { headers: { origin: OURS } });
      expect(headers.get('access-control-allow-origin')).toBe(OURS);
      const exposed = headers.get('access-control-expose-headers') ?? '';
      for (const name of ['X-Request-Id', 'RateLimit', 'Idempotency-Replayed', 'Location', 'Retry-After']) {
        expect(exposed).toContain(name);
      }
      expect(headers.get('vary')).toContain('Origin');
    },
  );
});

describe('any other origin', () => {
  it.each([
    'https://app.example.com.evil.test',
    'https://evil-app.example.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'HTTPS://APP.EXAMPLE.COM',
    'null',
    '*',
    '',
  ])('%j is told nothing', async (origin) => {
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
    const { headers } = await app.request('/health', { headers: { origin } });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is not let in when none is named', async () => {
    const { status, headers } = await preflight(OURS, appFor([]));
    expect(status).toBe(404);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('CORS_ORIGINS', () => {
  const GOOD = {
    DATABASE_URL: 'postgres://cadence:secret@neon.test/cadence',
    UPSTASH_REDIS_REST_URL: 'https://redis.test/',
    UPSTASH_REDIS_REST_TOKEN: 'redis-secret',
    QSTASH_TOKEN: 'qstash-secret',
    QSTASH_CURRENT_SIGNING_KEY: 'sig_1',
    QSTASH_NEXT_SIGNING_KEY: 'sig_2',
    PUBLIC_URL: 'https://api.test/',
    GITHUB_CLIENT_ID: 'client',
    GITHUB_CLIENT_SECRET: 'github-secret',
    GITHUB_WEBHOOK_SECRET: 'webhook-secret',
    JWT_SECRET: 'a secret of thirty-two characters',
    ENCRYPTION_KEY: '0f'.repeat(32),
    ANTHROPIC_API_KEY: 'anthropic-secret',
    AUTH_REDIRECT_URIS: 'cadence://signed-in',
  };
  const originsOf = (list: string) => readEnv({ ...GOOD, CORS_ORIGINS: list }).CORS_ORIGINS;

  it('is a list of origins, of none by default', () => {
    expect(readEnv(GOOD).CORS_ORIGINS).toEqual([]);
    expect(originsOf('https://a.test, http://127.0.0.1:5173,capacitor://localhost,')).toEqual([
      'https://a.test',
      'http://127.0.0.1:5173',
      'capacitor://localhost',
    ]);
  });

  it.each([
    '*',
    'https://*.example.com',
    'app.example.com',
    'https://a.test/',
    'https://a.test/x',
    'https://A.test',
    'https://a.test:443',
    'null',
  ])('refuses %j', (list) => expect(() => originsOf(list)).toThrow('CORS_ORIGINS must be a list of origins'));
});
