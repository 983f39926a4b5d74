import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EnvError, envSchema, readEnv } from './env.ts';
import { ANTHROPIC_MODELS } from './models/anthropic-models.ts';

const GOOD = {
  DATABASE_URL: 'postgres://cadence:secret@neon.test/cadence',
  UPSTASH_REDIS_REST_URL: 'https://redis.test/',
  UPSTASH_REDIS_REST_TOKEN: 'redis-secret',
  QSTASH_TOKEN: 'qstash-secret',
  QSTASH_CURRENT_SIGNING_KEY: 'sig_1',
  QSTASH_NEXT_SIGNING_KEY: 'sig_2',
  PUBLIC_URL: 'https://api.test/',
  AUTH_REDIRECT_URIS: 'cadence://signed-in, https://app.test/signed-in',
  GITHUB_CLIENT_ID: 'client',
  GITHUB_CLIENT_SECRET: 'github-secret',
  GITHUB_WEBHOOK_SECRET: 'webhook-secret',
  JWT_SECRET: 'a secret of thirty-two characters',
  ENCRYPTION_KEY: '0f'.repeat(32),
  ANTHROPIC_API_KEY: 'anthropic-secret',
};

function problemsOf(bindings: Record<string, unknown>): readonly string[] {
  try {
    readEnv(bindings);
  } catch (error) {
    if (error instanceof EnvError) return error.problems;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the environment', () => {
  it('has defaults for all that is no address of yours and no secret, and drops trailing slashes', () => {
    expect(readEnv(GOOD)).toMatchObject({
      PUBLIC_URL: 'https://api.test',
      UPSTASH_REDIS_REST_URL: 'https://redis.test',
      GITHUB_API_URL: 'https://api.github.com',
      ANTHROPIC_MODEL: 'claude-sonnet-5',
      STEPS_PER_CALLBACK: 8,
      BURST_MS: 60_000,
      LEASE_MS: 60_000,
    });
  });

  it('names everything that is missing, an empty value included', () => {
    const problems = problemsOf({});
    expect(problems.map((problem) => problem.split(' is missing: ')[0])).toEqual(Object.keys(GOOD));
    expect(problemsOf({ ...GOOD, JWT_SECRET: '' })).toEqual(['JWT_SECRET is missing: 32 characters or more']);
  });

  it.each([
    ['DATABASE_URL', 'mysql://x/y', 'DATABASE_URL must be a URL like postgres://USER:PASSWORD@HOST/DATABASE'],
    [
      'DATABASE_URL',
      'postgres://user@host/db',
      'DATABASE_URL must be a URL like postgres://USER:PASSWORD@HOST/DATABASE',
    ],
    ['QSTASH_TOKEN', 'tok en\n', 'QSTASH_TOKEN must be a text without white space'],
    ['PUBLIC_URL', 'api.test', 'PUBLIC_URL must be a URL starting with https:// or http://'],
    ['JWT_SECRET', 'too short', 'JWT_SECRET must be 32 characters or more'],
    ['ENCRYPTION_KEY', 'xyz', 'ENCRYPTION_KEY must be 64 hexadecimal digits'],
    ['STEPS_PER_CALLBACK', '0', 'STEPS_PER_CALLBACK must be a whole number from 1 to 100'],
    ['STEPS_PER_CALLBACK', 'many', 'STEPS_PER_CALLBACK must be a whole number from 1 to 100'],
    ['LEASE_MS', '5', 'LEASE_MS must be 500 milliseconds or more'],
    [
      'ANTHROPIC_MODEL',
      'claude-nonsense',
      'ANTHROPIC_MODEL must be a model of the price table, such as claude-sonnet-5',
    ],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL must be one of: debug, info, warn, error'],
  ])('says what %s must look like, and never its value', (name, value, problem) => {
    expect(problemsOf({ ...GOOD, [name]: value })).toEqual([problem]);
  });

  it.each([
    ['openai', 'OPENAI_API_KEY', 'sk-1'],
    ['openrouter', 'OPENROUTER_API_KEY', 'sk-or-1'],
    ['ollama', 'OLLAMA_BASE_URL', 'http://10.0.0.7:11434'],
  ])('asks of %s for what it needs, and of no other provider', (provider, name, value) => {
    const { ANTHROPIC_API_KEY: _, ...others } = GOOD;
    const chosen = { ...others, LLM_PROVIDER: provider };
    expect(problemsOf(chosen)).toEqual([`${name} is missing: LLM_PROVIDER is ${provider}`]);
    expect(readEnv({ ...chosen, [name]: value })).toMatchObject({ LLM_PROVIDER: provider, [name]: value });
  });

  it('takes every model that has a price', () => {
    for (const model of ANTHROPIC_MODELS.keys()) {
      expect(readEnv({ ...GOOD, ANTHROPIC_MODEL: model }).ANTHROPIC_MODEL).toBe(model);
    }
  });

  it('does not take tokens of our own address for those of another issuer', () => {
    const trusting = (issuer: string) => ({
      ...GOOD,
      AUTH_ISSUERS: JSON.stringify([{ issuer, audience: 'https://api.example.com' }]),
    });
    expect(() => readEnv(trusting('https://issuer.example.com'))).not.toThrow();
    for (const own of [GOOD.PUBLIC_URL, `${GOOD.PUBLIC_URL}/`]) {
      expect(() => readEnv(trusting(own))).toThrow('AUTH_ISSUERS must be of others');
    }
  });

  it('is described in full, and nothing else is, by .env.example', () => {
    const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
    const named = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(named).toEqual(Object.keys(envSchema.shape));
    expect(example.match(/^#.+\n[A-Z_]+=/gm)).toHaveLength(named.length);
  });
});
