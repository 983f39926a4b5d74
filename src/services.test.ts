import { describe, expect, it } from 'vitest';
import { openCloud } from '../test/support/cloud.ts';

describe('the ping of the model provider', () => {
  it.each([
    ['anthropic', '/v1/models?limit=1', 'ANTHROPIC_API_KEY'],
    ['openai', '/openai/v1/models', 'OPENAI_API_KEY'],
    ['openrouter', '/openrouter/v1/key', 'OPENROUTER_API_KEY'],
    ['ollama', '/ollama/v1/models', null],
  ])('asks %s, the default of the deployment, for what needs its key', async (provider, path, key) => {
    const ping = async (env: Record<string, string>) => {
      const cloud = await openCloud({ env: { LLM_PROVIDER: provider, ...env } });
      const asked: string[] = [];
      cloud.fetches.intercept = (service, request, send) => {
        const { pathname, search } = new URL(request.url);
        if (service === 'model' || service === 'chat') asked.push(pathname + search);
        return send();
      };
      const outcome = await cloud.context.pings.model?.().then(
        () => 'up',
        (error: unknown) => String(error),
      );
      await cloud.close();
      expect(asked).toEqual([path]);
      return outcome;
    };
    expect(await ping({})).toBe('up');
    if (key === null) return;
    expect(await ping({ [key]: 'another-key' })).toContain('The model provider answered 401.');
  });
});
