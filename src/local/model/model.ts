/**
 * A stand-in for Anthropic's Messages API with a scripted model behind it, so that the local cloud works without a key
 * and tests can say what a model does. Source: the API's documentation of November 2026 and `@anthropic-ai/sdk` 1.12.
 *
 * Served: `POST /v1/messages`, whole and streamed, `POST /v1/messages/count_tokens`, `GET /v1/models` and
 * `GET /v1/models/:id`, in API versions 2023-06-01 and 2026-10-21.
 *
 * The scripted model decides from the conversation alone (`script/next-turn.ts`). A prompt may carry its own script; the
 * shape is in `script/play-script.ts`. Such a script may call tools that were not offered, as models sometimes do.
 *
 * Not modelled:
 * - intelligence; real tokenizers (a token is four characters); latency, except as `chunkDelayMs`
 * - images, documents, citations, server tools, toolsets, containers, structured outputs, batches, files, threads,
 *   compaction, fallbacks, `diagnostics`, `inference_geo` and `speed`: requests with them are refused as unknown
 * - beta headers, except `thinking-binding-controls-2026-08-01`. `output_config.effort` is taken and changes nothing
 * - forced tool use: refused where the model refuses it, otherwise the model calls what it would have called anyway
 * - redacted thinking; summaries of thoughts (a thought is short and comes back word for word, or not at all)
 * - thoughts that may be left out: whoever leaves out one invalidates all that come after it
 * - caches that other settings than the prefix invalidate (thinking, images, choice of tool)
 * - rate limits, spending limits and overload, except as `faults`; the `anthropic-ratelimit-*` headers
 * - workspaces, organisations and OAuth: one key opens everything
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Listening, listen } from '../listen.ts';
import { describeModel, findModel, MODELS, type ModelEntry } from './catalog.ts';
import { Failure, failureResponse } from './failure.ts';
import { createFaultSource, type Faults, failInstead } from './faults.ts';
import { createPrefixCache } from './prefix-cache.ts';
import { promptPieces } from './prompt-pieces.ts';
import { readJson } from './read-json.ts';
import { composeReply, toMessage } from './reply.ts';
import { type ApiVersion, type Prompt, parseCounting, parseCreation } from './request.ts';
import { checkCreation, checkPrompt } from './rules.ts';
import { nextTurn, resumesPausedTurn } from './script/next-turn.ts';
import { type Sleep, streamEvents, toBytes, untilAborted } from './stream.ts';
import { reportsDropped } from './thinking-rules.ts';
import { countTokens } from './tokens.ts';

export interface ModelOptions {
  /** The only key that is accepted, as `x-api-key` or as a bearer token. */
  apiKey?: string;
  /** Pause before each piece of a stream. */
  chunkDelayMs?: number;
  /** Characters in a piece of a stream, at most. */
  chunkChars?: number;
  faults?: Faults;
  /** Milliseconds since the epoch; decides when cached prefixes expire. */
  now?: () => number;
  sleep?: Sleep;
}

export interface Model {
  fetch(request: Request): Promise<Response>;
  /** Ends what is still streaming. */
  close(): Promise<void>;
}

/** The key that the stand-in accepts when none is given. */
const DEFAULT_API_KEY = 'sk-ant-local-scripted-model';

/** The API as a function of requests, without a socket. */
export function createModel(options: ModelOptions = {}): Model {
  const { apiKey = DEFAULT_API_KEY, chunkDelayMs = 0, chunkChars = 24, now = Date.now } = options;
  const sleep: Sleep = options.sleep ?? (async (ms, signal) => delay(ms, undefined, { signal }));
  const cache = createPrefixCache(now);
  const nextFault = createFaultSource(options.faults);
  const closing = new AbortController();

  async function createMessage(request: Request, version: ApiVersion, requestId: string): Promise<Response> {
    const body = await readJson(request);
    const fault = nextFault(body);
    failInstead(fault);
    const creation = parseCreation(body, version);
    const model = findModel(creation.model);
    const betas = betasOf(request.headers);
    const { seen, dropped } = checkCreation(creation, model, { resumes: resumesPausedTurn(creation), betas });
    const signal = AbortSignal.any([request.signal, closing.signal]);
    if (fault?.kind === 'stalled' && (fault.afterEvents === 0 || !creation.stream)) {
      await untilAborted(signal);
      throw signal.reason;
    }
    const turn = nextTurn(creation);
    const reply = composeReply(creation, model, turn, {
      usage: cache.use(model, fittingPieces(seen, model)),
      dropped: reportsDropped(betas) ? dropped : undefined,
    });
    if (!creation.stream) return Response.json(toMessage(reply), { headers: { 'request-id': requestId } });
    const stream = toBytes(streamEvents(reply, chunkChars), {
      fault,
      chunkDelayMs: fault?.kind === 'slow' ? fault.chunkDelayMs : (turn.chunkDelayMs ?? chunkDelayMs),
      requestId,
      sleep,
      signal,
    });
    return new Response(stream, {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        'request-id': requestId,
      },
    });
  }

  async function answer(request: Request, requestId: string): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    authenticate(request.headers, apiKey);
    const version = readVersion(request.headers);
    const headers = { 'request-id': requestId };
    if (pathname === '/v1/messages') {
      allow(request, 'POST');
      return createMessage(request, version, requestId);
    }
    if (pathname === '/v1/messages/count_tokens') {
      allow(request, 'POST');
      const prompt = parseCounting(await readJson(request));
      const model = findModel(prompt.model);
      const context = { resumes: resumesPausedTurn(prompt), betas: betasOf(request.headers) };
      const { seen } = checkPrompt(prompt, model, context);
      return Response.json({ input_tokens: inputTokens(seen) }, { headers });
    }
    if (pathname === '/v1/models') {
      allow(request, 'GET');
      return Response.json(listModels(searchParams), { headers });
    }
    const [, modelId] = /^\/v1\/models\/([^/]+)$/.exec(pathname) ?? [];
    if (modelId !== undefined) {
      allow(request, 'GET');
      return Response.json(describeModel(findModel(modelId)), { headers });
    }
    throw new Failure(404, 'Not found');
  }

  return {
    async fetch(request) {
      const requestId = `req_${randomUUID().replaceAll('-', '')}`;
      try {
        return await answer(request, requestId);
      } catch (error) {
        if (error instanceof Failure) return failureResponse(error, requestId);
        throw error;
      }
    },
    async close() {
      closing.abort(new Error('the model was closed'));
    },
  };
}

/** Serves the API on the loopback interface. */
export async function start(options: ModelOptions & { port?: number } = {}): Promise<Listening> {
  const model = createModel(options);
  const listening = await listen(model.fetch, { port: options.port });
  return {
    ...listening,
    async close() {
      await listening.close();
      await model.close();
    },
  };
}

function authenticate(headers: Headers, apiKey: string): void {
  const key = headers.get('x-api-key');
  const bearer = headers.get('authorization');
  if (key === null && bearer === null) throw new Failure(401, 'x-api-key header is required');
  if (key !== null && key !== apiKey) throw new Failure(401, 'invalid x-api-key');
  if (key === null && bearer !== `Bearer ${apiKey}`) throw new Failure(401, 'Invalid bearer token');
}

function readVersion(headers: Headers): ApiVersion {
  const version = headers.get('anthropic-version');
  if (version === null) throw new Failure(400, 'anthropic-version: header is required');
  if (version === '2023-06-01' || version === '2026-10-21') return version;
  throw new Failure(400, `anthropic-version: "${version}" is not a valid version`);
}

function betasOf(headers: Headers): string[] {
  return (headers.get('anthropic-beta') ?? '').split(',').map((beta) => beta.trim());
}

function allow(request: Request, method: string): void {
  if (request.method !== method) throw new Failure(405, 'Method Not Allowed');
}

function fittingPieces(prompt: Prompt, model: ModelEntry) {
  const tokens = inputTokens(prompt);
  if (tokens > model.contextTokens) {
    throw new Failure(400, `prompt is too long: ${tokens} tokens > ${model.contextTokens} maximum`);
  }
  return promptPieces(prompt);
}

function inputTokens(prompt: Prompt): number {
  return promptPieces(prompt).reduce((sum, { text }) => sum + countTokens(text), 0);
}

function listModels(query: URLSearchParams) {
  const limit = Number(query.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new Failure(400, 'limit: Input should be between 1 and 1000');
  }
  const afterId = query.get('after_id');
  const rest = MODELS.slice(afterId === null ? 0 : MODELS.findIndex(({ id }) => id === afterId) + 1);
  const page = rest.slice(0, limit);
  return {
    data: page.map(describeModel),
    has_more: rest.length > page.length,
    first_id: page.at(0)?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}
