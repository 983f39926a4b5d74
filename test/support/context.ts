import { typeid } from 'typeid-js';
import { createIssuers } from '../../src/auth/issuers/issuer.ts';
import type { Context } from '../../src/domain/context.ts';
import { createLog } from '../../src/log.ts';
import { testCatalogue } from './catalogue.ts';

/** A service that a test does not expect to be used: it throws at the first touch and says who touched it. */
function unexpected<Service extends object>(name: keyof Context): Service {
  const service: Partial<Service> = {};
  return new Proxy(service as Service, {
    get(_, method) {
      throw new Error(`nobody expected ${name}.${String(method)}`);
    },
  });
}

export interface TestContext extends Context {
  /** Every line that was logged. */
  lines: string[];
  /** The process's clock, which stands still unless a test moves it. */
  clock: { now: Date };
}

/** A context whose clock stands still and whose services throw, but for the ones a test brings. */
export function testContext(services: Partial<Context> = {}): TestContext {
  const lines: string[] = [];
  const clock = { now: new Date('2026-11-21T12:00:00.000Z') };
  return {
    db: unexpected('db'),
    github: unexpected('github'),
    live: unexpected('live'),
    queue: unexpected('queue'),
    issuers: createIssuers([], { fetch: globalThis.fetch, now: Date.now }),
    engine: unexpected('engine'),
    catalogue: testCatalogue(),
    settings: {
      publicUrl: 'https://cadence.test',
      corsOrigins: [],
      employeeEmailDomains: [],
      redirectUris: ['https://phone.test/signed-in', 'https://phone.test/back', 'cadence://signed-in'],
      jwtSecret: 'a secret of thirty-two characters',
      githubWebhookSecret: 'webhook-secret',
      encryptionKeys: '0f'.repeat(32),
      rateLimitPerMinute: 1_000_000,
      dailyMessageLimit: null,
      provider: 'anthropic',
      defaultModels: {
        anthropic: 'claude-sonnet-5-5',
        openai: 'gpt-6-sol',
        openrouter: 'anthropic/claude-sonnet-5',
        ollama: 'qwen3-coder',
      },
    },
    pings: {},
    newId: (prefix) => typeid(prefix).toString(),
    now: () => clock.now,
    log: createLog('debug', (line) => lines.push(line)),
    ...services,
    lines,
    clock,
  };
}
