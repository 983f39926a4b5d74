import { createOpenAiApi, type OpenAi, type OpenAiOptions } from './openai.ts';

/** The three services behind one door: each below its name, `/openai/v1/chat/completions`. */
export function createChatApis(options: Omit<OpenAiOptions, 'dialect'>): OpenAi {
  const apis = new Map(
    (['openai', 'openrouter', 'ollama'] as const).map((dialect) => [
      dialect as string,
      createOpenAiApi({ ...options, dialect }),
    ]),
  );
  return {
    async fetch(request) {
      const url = new URL(request.url);
      const [, name = '', ...rest] = url.pathname.split('/');
      const api = apis.get(name);
      if (!api) return new Response('Nothing is here.', { status: 404 });
      url.pathname = `/${rest.join('/')}`;
      return api.fetch(new Request(url, request));
    },
    async close() {
      await Promise.all([...apis.values()].map((api) => api.close()));
    },
  };
}
