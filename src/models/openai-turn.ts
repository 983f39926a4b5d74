import { z } from 'zod';
import { errorBodySchema, OpenAiFailure } from './openai-error.ts';
import type { Dialect, KeptReasoning } from './openai-request.ts';
import { type AssistantBlock, ModelError, type ModelTurn, type ModelUsage, type StopReason } from './port.ts';

const callSchema = z.object({
  index: z.number().optional(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});
const detailSchema = z.looseObject({ type: z.string(), index: z.number().optional() });
const usageSchema = z.object({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  prompt_tokens_details: z
    .object({ cached_tokens: z.number().nullish(), cache_write_tokens: z.number().nullish() })
    .nullish(),
  cost: z.number().nullish(),
  is_byok: z.boolean().nullish(),
  cost_details: z.object({ upstream_inference_cost: z.number().nullish() }).nullish(),
});
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            tool_calls: z.array(callSchema).nullish(),
            reasoning_details: z.array(detailSchema).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: usageSchema.nullish(),
});

type Usage = z.infer<typeof usageSchema>;
type Detail = z.infer<typeof detailSchema>;
interface Draft {
  id: string;
  name: string;
  json: string;
}

const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  stop: 'endTurn',
  tool_calls: 'toolCalls',
  function_call: 'toolCalls',
  length: 'maxTokens',
  content_filter: 'refusal',
};

/** The last line of a stream, which is no JSON. */
const DONE = '[DONE]';

/** Puts a turn together from the data of a stream's events. */
interface TurnReader {
  /**
   * Takes the next piece and returns the text it adds to what the user reads.
   *
   * @throws {OpenAiFailure} for an error in the middle of the stream
   */
  read(data: string): string;
  /** @throws {ModelError} retryable, when the stream ended early (E11) */
  finish(): ModelTurn;
}

export function createTurnReader(dialect: Dialect, model: string): TurnReader {
  const calls = new Map<number, Draft>();
  const details = new Map<string, Detail>();
  let text = '';
  let finishReason: string | null = null;
  let refused = false;
  let usage: Usage | null = null;
  let done = false;

  return {
    read(data) {
      if (data === DONE) {
        done = true;
        return '';
      }
      const chunk = readChunk(data);
      usage = chunk.usage ?? usage;
      const [choice] = chunk.choices;
      if (!choice) return '';
      finishReason = choice.finish_reason ?? finishReason;
      const { delta } = choice;
      for (const [at, piece] of (delta?.tool_calls ?? []).entries()) extendCall(calls, piece, at);
      for (const detail of delta?.reasoning_details ?? []) extendDetail(details, detail);
      if (delta?.refusal) refused = true;
      const added = `${delta?.content ?? ''}${delta?.refusal ?? ''}`;
      text += added;
      return added;
    },

    finish() {
      if (!done || finishReason === null) {
        throw new ModelError('The model stopped in the middle of its answer.', { retryable: true });
      }
      const reason = refused ? 'refusal' : STOP_REASONS[finishReason];
      if (!reason) {
        throw new ModelError('The model stopped for a reason Cadence does not know.', { retryable: false });
      }
      if (!usage && dialect !== 'ollama') {
        throw new ModelError('The model provider did not say what its answer took.', { retryable: true });
      }
      const kept: KeptReasoning = { model, details: [...details.values()] };
      const reported = usage ? costOf(usage) : undefined;
      return {
        content: [
          ...(kept.details.length > 0 ? [{ type: 'reasoning', provider: dialect, data: kept } as const] : []),
          ...(text === '' ? [] : [{ type: 'text', text } as const]),
          ...[...calls].sort(([a], [b]) => a - b).flatMap(([, draft]) => finishCall(draft, reason)),
        ],
        stopReason: reason,
        usage: usageOf(usage),
        ...(reported === undefined ? {} : { reportedMicroUsd: reported }),
      };
    },
  };
}

function readChunk(data: string): z.infer<typeof chunkSchema> {
  const json: unknown = JSON.parse(data);
  const failed = errorBodySchema.safeParse(json);
  if (failed.success) throw new OpenAiFailure(failed.data.error, undefined);
  return chunkSchema.parse(json);
}

/** The first piece of a call has its id and name; those that follow have more of its arguments. */
function extendCall(calls: Map<number, Draft>, piece: z.infer<typeof callSchema>, at: number): void {
  const index = piece.index ?? at;
  const draft = calls.get(index) ?? { id: '', name: '', json: '' };
  draft.id ||= piece.id ?? '';
  draft.name ||= piece.function?.name ?? '';
  draft.json += piece.function?.arguments ?? '';
  calls.set(index, draft);
}

/** Pieces of a thought come under its number; whatever is text grows, whatever else there is stays as it came last. */
function extendDetail(details: Map<string, Detail>, piece: Detail): void {
  const key = `${piece.index ?? details.size}.${piece.type}`;
  const known = details.get(key);
  if (!known) {
    details.set(key, { ...piece });
    return;
  }
  for (const [field, value] of Object.entries(piece)) {
    const before = known[field];
    const grows = (field === 'text' || field === 'summary') && typeof before === 'string';
    if (value !== null) known[field] = grows ? `${before}${String(value)}` : value;
  }
}

/** One that was cut off by the limit is left out; one that nobody can read is answered with what was wrong. */
function finishCall(draft: Draft, reason: StopReason): AssistantBlock[] {
  const { name, json } = draft;
  // Others than this provider read it when the conversation goes on elsewhere.
  const id = /^[\w-]{1,40}$/.test(draft.id) ? draft.id : `call_${crypto.randomUUID().replaceAll('-', '')}`;
  const input = parseObject(json);
  if (input) return [{ type: 'toolCall', id, name, input }];
  return reason === 'maxTokens' ? [] : [{ type: 'toolCall', id, name, input: {}, unreadable: true }];
}

function parseObject(json: string): Record<string, unknown> | undefined {
  if (json.trim() === '') return {};
  try {
    const parsed = z.record(z.string(), z.unknown()).safeParse(JSON.parse(json));
    return parsed.data;
  } catch {
    return undefined;
  }
}

/** The prompt's tokens include those of the cache. */
function usageOf(usage: Usage | null): ModelUsage {
  const cacheReadTokens = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  const cacheWriteTokens = usage?.prompt_tokens_details?.cache_write_tokens ?? 0;
  return {
    inputTokens: Math.max(0, (usage?.prompt_tokens ?? 0) - cacheReadTokens - cacheWriteTokens),
    outputTokens: usage?.completion_tokens ?? 0,
    cacheReadTokens,
    cacheWriteTokens,
  };
}

/** OpenRouter counts in dollars; with a key of the user's own at the upstream, that one's bill comes on top. */
function costOf({ cost, is_byok, cost_details }: Usage): number | undefined {
  if (typeof cost !== 'number') return undefined;
  const upstream = is_byok ? (cost_details?.upstream_inference_cost ?? 0) : 0;
  return Math.ceil(Math.round((cost + upstream) * 1e9) / 1e3);
}
