import { EventSourceParserStream } from 'eventsource-parser/stream';
import { boundedCall } from './bounded-call.ts';
import { errorBodySchema, OpenAiFailure, toModelError } from './openai-error.ts';
import { type Dialect, encodeRequest } from './openai-request.ts';
import { createTurnReader } from './openai-turn.ts';
import type { ModelEvent, ModelProvider, ModelRequest } from './port.ts';

/** More than any error has; a proxy may answer with a page. */
const LONGEST_ERROR = 100_000;

interface OpenAiOptions {
  dialect: Dialect;
  /** Ollama wants none. */
  apiKey?: string | undefined;
  /** With its `/v1`, without a trailing slash. */
  baseUrl: string;
  /** Bounds a whole call, from the request to the last event. */
  timeoutMs: number;
  /** OpenRouter: the most an upstream may ask for, US dollars per million tokens. */
  maxPrice?: { prompt: number; completion: number };
  fetch?: typeof fetch;
}

/**
 * A model over Chat Completions, as OpenAI, OpenRouter and Ollama speak it. A turn is one request, never retried (E10).
 *
 * The official SDK would bring 394 kB (86 gzipped) into the bundle and has no smaller part; what is left of it for one
 * request is below.
 */
export function createOpenAi(options: OpenAiOptions): ModelProvider {
  const { timeoutMs } = options;
  return (request) =>
    boundedCall(request, {
      timeoutMs,
      stream: (signal) => streamTurn(options, request, signal),
      toModelError,
    });
}

async function* streamTurn(
  { dialect, apiKey, baseUrl, maxPrice, fetch: send = fetch }: OpenAiOptions,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  signal.throwIfAborted();
  const response = await send(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify(encodeRequest(dialect, request, { maxPrice })),
    // A key is for one host.
    redirect: 'manual',
    signal,
  });
  if (!response.ok || !response.body) throw await readFailure(response);
  request.onBegun?.();
  const turn = createTurnReader(dialect, request.model);
  const events = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { data } of events) {
    signal.throwIfAborted();
    const text = turn.read(data);
    if (text) yield { type: 'textDelta', text };
  }
  signal.throwIfAborted();
  yield { type: 'turn', turn: turn.finish() };
}

async function readFailure(response: Response): Promise<OpenAiFailure> {
  const from = { status: response.status, headers: response.headers };
  const text = (await response.text()).slice(0, LONGEST_ERROR);
  const body = errorBodySchema.safeParse(parseJson(text));
  return new OpenAiFailure(body.success ? body.data.error : '', from);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
