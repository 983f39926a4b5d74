/**
 * A stand-in for Chat Completions as OpenAI, OpenRouter and Ollama serve it, with the scripted model of `../model` behind it.
 * Sources: the `openai` SDK 7.57's types, OpenRouter's pages on streaming, errors and limits, Ollama's page on OpenAI
 * compatibility, and the APIs' own refusals as quoted in public issues; all read in November 2026.
 *
 * Served: `POST /v1/chat/completions`, whole and streamed, `GET /v1/models`, and OpenRouter's `GET /v1/key`.
 *
 * Not modelled:
 * - the Responses API; images, audio, files, structured outputs, log probabilities, several choices, sampling parameters,
 *   stored completions: requests with them are refused as unknown
 * - Ollama's habit of forgetting the beginning of a long prompt; the dialect's own endpoints below `/api`
 * - the real tokenizers (a token is four characters); reasoning of OpenAI's models, which Chat Completions does not show
 * - prompt caches but for the longest prefix of whole messages that came before, which never expires
 * - rate limits, quotas and overload, except as `faults`; organisations and projects: one key opens everything
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createFaultSource, type Fault, type Faults } from '../model/faults.ts';
import { promptPieces } from '../model/prompt-pieces.ts';
import { readJson } from '../model/read-json.ts';
import { nextTurn } from '../model/script/next-turn.ts';
import { type Sleep, untilAborted } from '../model/stream.ts';
import { countTokens } from '../model/tokens.ts';
import { checkModel, listModels } from './catalog.ts';
import { type Dialect, Refusal, refusalResponse } from './refusal.ts';
import { chunksOf, composeReply, toCompletion } from './reply.ts';
import { type ChatRequest, parseChat } from './request.ts';
import { toBytes } from './stream.ts';

export interface OpenAiOptions {
  dialect: Dialect;
  /** The only key that is accepted. Ollama asks for none. */
  apiKey?: string;
  /** Pause before each piece of a stream. */
  chunkDelayMs?: number;
  /** Characters in a piece of a stream, at most. */
  chunkChars?: number;
  faults?: Faults;
  sleep?: Sleep;
}

export interface OpenAi {
  fetch(request: Request): Promise<Response>;
  /** Ends what is still streaming. */
  close(): Promise<void>;
}

/** The key that the stand-in accepts when none is given. */
const DEFAULT_API_KEY = 'sk-local-scripted-model';

/** The API as a function of requests, without a socket. */
export function createOpenAiApi(options: OpenAiOptions): OpenAi {
  const { dialect, apiKey = DEFAULT_API_KEY, chunkDelayMs = 0, chunkChars = 24 } = options;
  const sleep: Sleep = options.sleep ?? (async (ms, signal) => delay(ms, undefined, { signal }));
  const nextFault = createFaultSource(options.faults);
  const closing = new AbortController();
  const seen = new Set<string>();

  async function complete(request: Request): Promise<Response> {
    const body = await readBody(request);
    const fault = nextFault(body);
    failInstead(fault);
    const chat = parseChat(dialect, body);
    const promptTokens = checkModel(dialect, chat, tokensOf(chat));
    const signal = AbortSignal.any([request.signal, closing.signal]);
    if (fault?.kind === 'stalled' && (fault.afterEvents === 0 || !chat.stream)) {
      await untilAborted(signal);
      throw signal.reason;
    }
    const turn = nextTurn(chat.prompt);
    const cachedTokens = dialect === 'ollama' ? 0 : useCache(seen, chat);
    const reply = composeReply(dialect, chat, turn, { promptTokens, cachedTokens });
    if (!chat.stream) return Response.json(toCompletion(reply));
    const chunks = chunksOf(dialect, reply, { chunkChars, includeUsage: chat.includeUsage });
    return new Response(
      toBytes(chunks, {
        dialect,
        fault,
        chunkDelayMs: fault?.kind === 'slow' ? fault.chunkDelayMs : (turn.chunkDelayMs ?? chunkDelayMs),
        sleep,
        signal,
      }),
      { headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' } },
    );
  }

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (dialect !== 'ollama' && !(dialect === 'openrouter' && pathname === '/v1/models')) {
      authenticate(dialect, request.headers, apiKey);
    }
    const route = `${request.method} ${pathname}`;
    if (route === 'POST /v1/chat/completions') return complete(request);
    if (route === 'GET /v1/models') return Response.json({ object: 'list', data: listModels(dialect) });
    if (route === 'GET /v1/key' && dialect === 'openrouter') {
      return Response.json({ data: { label: 'local', limit: null, usage: 0 } });
    }
    throw new Refusal(404, `Invalid URL (${request.method} ${pathname})`);
  }

  return {
    async fetch(request) {
      try {
        return await answer(request);
      } catch (error) {
        if (error instanceof Refusal) return refusalResponse(dialect, error);
        throw error;
      }
    },
    async close() {
      closing.abort(new Error('the model was closed'));
    },
  };
}

function authenticate(dialect: Dialect, headers: Headers, apiKey: string): void {
  const given = headers.get('authorization');
  if (given === `Bearer ${apiKey}`) return;
  if (dialect === 'openrouter')
    throw new Refusal(401, given ? 'User not found.' : 'No auth credentials found');
  if (!given) throw new Refusal(401, "You didn't provide an API key.");
  // The real one quotes the key, shortened.
  throw new Refusal(401, `Incorrect API key provided: ${given.slice(7, 15)}***.`, {
    code: 'invalid_api_key',
  });
}

async function readBody(request: Request): Promise<unknown> {
  try {
    return await readJson(request);
  } catch (error) {
    const { status, message } = Object.assign({ status: 400, message: '' }, error);
    throw new Refusal(status, message);
  }
}

function failInstead(fault: Fault | undefined): void {
  switch (fault?.kind) {
    case 'rateLimited':
      throw new Refusal(429, 'Rate limit reached for requests', {
        type: 'requests',
        code: 'rate_limit_exceeded',
        headers: { 'retry-after': String(fault.retryAfterSeconds) },
      });
    case 'overloaded':
      throw new Refusal(503, 'The engine is currently overloaded, please try again later');
    case 'serverError':
      throw new Refusal(500, 'The server had an error while processing your request.');
  }
}

const tokensOf = ({ prompt }: ChatRequest): number =>
  promptPieces(prompt).reduce((sum, { text }) => sum + countTokens(text), 0);

/** @returns the tokens of the longest beginning that was sent before */
function useCache(seen: Set<string>, { model, prompt }: ChatRequest): number {
  const { messages, ...frame } = prompt;
  let known = 0;
  for (let length = 1; length <= messages.length; length++) {
    const beginning = { ...prompt, messages: messages.slice(0, length) };
    const key = JSON.stringify([model, frame, beginning.messages]);
    if (seen.has(key)) known = promptPieces(beginning).reduce((sum, { text }) => sum + countTokens(text), 0);
    else seen.add(key);
  }
  return known;
}
