import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readEnv } from '../../env.ts';
import { envFile, workerEnv } from './env.ts';
import { describeModelSource, modelSourceFrom } from './model-source.ts';
import { newSecrets } from './secrets.ts';

const addresses = {
  api: 'http://127.0.0.1:1',
  github: 'http://127.0.0.1:2',
  githubApi: 'http://127.0.0.1:2/api/v3',
  neon: 'http://127.0.0.1:3',
  redis: 'http://127.0.0.1:4',
  qstash: 'http://127.0.0.1:5',
  databaseUrl: 'postgres://cadence:secret@neon.local/cadence',
};
const model = { apiKey: 'key', baseUrl: 'http://127.0.0.1:6' };

describe('the bindings of a local cloud', () => {
  it('are all that the Worker wants', () => {
    const env = readEnv(workerEnv(addresses, newSecrets(), model));
    expect(env).toMatchObject({
      PUBLIC_URL: addresses.api,
      NEON_HTTP_ENDPOINT: 'http://127.0.0.1:3/sql',
      GITHUB_API_URL: addresses.githubApi,
      ANTHROPIC_BASE_URL: model.baseUrl,
    });
  });

  it('leave the address and the model of the real API to its defaults', () => {
    const env = workerEnv(addresses, newSecrets(), { apiKey: 'sk-ant-real' });
    expect(env.ANTHROPIC_API_KEY).toBe('sk-ant-real');
    expect(Object.keys(env)).not.toContain('ANTHROPIC_BASE_URL');
    expect(Object.keys(env)).not.toContain('ANTHROPIC_MODEL');
  });

  it('come back whole from an env file', () => {
    const env = workerEnv(addresses, newSecrets(), model);
    expect(parseEnv(envFile(env))).toEqual(env);
  });

  it('are refused where an env file cannot hold them', () => {
    expect(() => envFile({ A: "it's" })).toThrow('A cannot be written');
  });
});

describe('where model turns come from', () => {
  it('is the scripted model unless there is a key', () => {
    expect(modelSourceFrom({ ANTHROPIC_API_KEY: '', ANTHROPIC_MODEL: 'claude-opus-5' })).toBeUndefined();
    expect(describeModelSource(undefined)).toContain('scripted');
  });

  it('is the real API when there is one', () => {
    const source = modelSourceFrom({ ANTHROPIC_API_KEY: 'sk', ANTHROPIC_MODEL: 'claude-opus-5' });
    expect(source).toEqual({ apiKey: 'sk', model: 'claude-opus-5' });
    expect(describeModelSource(source)).toContain('claude-opus-5');
    expect(describeModelSource(source)).not.toContain('sk');
  });
});
