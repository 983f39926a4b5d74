import { type Anthropic, BaseAnthropic } from '@anthropic-ai/sdk';
import { Messages } from '@anthropic-ai/sdk/resources/messages/messages';
import { isChangedPrefix, toModelError } from './anthropic-error.ts';
import { encodeRequest } from './anthropic-request.ts';
import { createTurnReader } from './anthropic-turn.ts';
import { boundedCall } from './bounded-call.ts';
import type { ModelEvent, ModelProvider, ModelRequest } from './port.ts';

interface AnthropicOptions {
  apiKey: string;
  baseUrl: string;
  /** Bounds a whole call, from the request to the last event. */
  timeoutMs: number;
  fetch?: typeof fetch;
}

/**
 * Claude over Anthropic's Messages API. A turn is one request, never retried (E10), except as `openStream` says.
 *
 * A call ends with its turn, with a ModelError, or, when `request.signal` aborts, with that signal's reason. Either way,
 * and also when the reader stops early, the connection is closed.
 */
export function createAnthropic(options: AnthropicOptions): ModelProvider {
  // The usual client brings the whole API along: 437 kB instead of 124 in the bundle.
  const client = new BaseAnthropic({
    apiKey: options.apiKey,
    baseURL: options.baseUrl,
    timeout: options.timeoutMs,
    maxRetries: 0,
    fetch: options.fetch,
    // The rest would come from environment variables, which only env.ts may read, and its logs quote conversations.
    authToken: null,
    logLevel: 'off',
    openTelemetry: false,
  });
  const messages = new Messages(client);
  const { timeoutMs } = options;
  return (request) =>
    boundedCall(request, {
      timeoutMs,
      stream: (signal) => streamTurn(messages, request, signal),
      toModelError,
    });
}

async function* streamTurn(
  api: Messages,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const turn = createTurnReader();
  const stream = await openStream(api, encodeRequest(request), signal);
  request.onBegun?.();
  for await (const event of stream) {
    const text = turn.read(event);
    if (text) yield { type: 'textDelta', text };
  }
  // The SDK ends an aborted stream as if it were complete.
  signal.throwIfAborted();
  yield { type: 'turn', turn: turn.finish() };
}

/**
 * Newer models tie each thinking block to everything before it, and refuse it once an agent's instructions or tools have
 * changed. Such a conversation goes on without those thoughts. The header is the one the refusal asks for.
 */
async function openStream(
  api: Messages,
  body: Anthropic.MessageCreateParamsStreaming,
  signal: AbortSignal,
): Promise<AsyncIterable<Anthropic.RawMessageStreamEvent>> {
  try {
    return await api.create(body, { signal });
  } catch (error) {
    if (!isChangedPrefix(error)) throw error;
    const thinking = {
      type: 'adaptive',
      block_binding: { prefix_mismatch_behavior: 'drop_block' },
    } as const;
    const headers = { 'anthropic-beta': 'thinking-binding-controls-2026-08-01' };
    return api.create({ ...body, thinking }, { signal, headers });
  }
}
