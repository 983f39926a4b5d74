import type { ModelSource } from './env.ts';

/** The real API when its key is set, the scripted model otherwise. */
export function modelSourceFrom(env: Record<string, string | undefined>): ModelSource | undefined {
  if (!env.ANTHROPIC_API_KEY) return undefined;
  return {
    apiKey: env.ANTHROPIC_API_KEY,
    ...(env.ANTHROPIC_BASE_URL ? { baseUrl: env.ANTHROPIC_BASE_URL } : {}),
    ...(env.ANTHROPIC_MODEL ? { model: env.ANTHROPIC_MODEL } : {}),
  };
}

/** Which one it is, in words. */
export function describeModelSource(source: ModelSource | undefined): string {
  return source
    ? `Anthropic's API${source.model ? `, ${source.model}` : ''} (ANTHROPIC_API_KEY is set)`
    : 'scripted (set ANTHROPIC_API_KEY to use the real one)';
}
