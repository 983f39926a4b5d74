import Anthropic from '@anthropic-ai/sdk';
import { createModel, type ModelOptions } from './model.ts';

const API_KEY = 'sk-ant-test';

/** The official client in front of a stand-in, without a socket and without retries. */
export function createClient(options: ModelOptions & { sentKey?: string } = {}) {
  const model = createModel({ apiKey: API_KEY, ...options });
  const client = new Anthropic({
    apiKey: options.sentKey ?? API_KEY,
    baseURL: 'http://model.test',
    maxRetries: 0,
    fetch: (url, init) => model.fetch(new Request(url, init)),
  });
  return { client, model, send };

  /** A request as it goes over the wire, for what the client would not send. */
  function send(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
  ) {
    return model.fetch(
      new Request(`http://model.test${path}`, {
        method: init.method ?? 'POST',
        headers: { 'x-api-key': API_KEY, 'anthropic-version': '2026-10-21', ...init.headers },
        body: init.body === undefined ? undefined : JSON.stringify(init.body),
      }),
    );
  }
}

/** A prompt that carries a script of turns. */
export function script(...turns: object[]): string {
  return ['Play this.', '```script', JSON.stringify(turns), '```'].join('\n');
}

/** A tool that takes anything. */
export function tool(name: string): Anthropic.Tool {
  return { name, description: `The tool ${name}`, input_schema: { type: 'object' } };
}
