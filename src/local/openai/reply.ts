import { randomUUID } from 'node:crypto';
import type { ScriptedTurn } from '../model/script/turn.ts';
import { countTokens, cutToTokens } from '../model/tokens.ts';
import type { Dialect } from './refusal.ts';
import type { ChatRequest } from './request.ts';

interface Call {
  id: string;
  name: string;
  json: string;
}

/** An answer before it is sent. A call's arguments are JSON text, which a limit may cut anywhere. */
export interface Reply {
  id: string;
  model: string;
  thinking: string;
  text: string;
  calls: Call[];
  finishReason: 'stop' | 'tool_calls' | 'length' | 'content_filter';
  usage: object;
}

const FINISH = {
  max_tokens: 'length',
  refusal: 'content_filter',
  pause_turn: 'stop',
  model_context_window_exceeded: 'length',
} as const;

export function composeReply(
  dialect: Dialect,
  request: ChatRequest,
  turn: ScriptedTurn,
  input: { promptTokens: number; cachedTokens: number },
): Reply {
  let left = request.maxTokens;
  const take = (text: string): string => {
    const kept = cutToTokens(text, left);
    left -= countTokens(kept);
    return kept;
  };
  const text = take(turn.text ?? '');
  let isCut = text.length < (turn.text ?? '').length;
  const calls: Call[] = [];
  for (const { name, input: given } of turn.calls ?? []) {
    if (isCut || left <= 0) {
      isCut = true;
      break;
    }
    const json = JSON.stringify(given);
    const kept = take(json);
    isCut = kept.length < json.length;
    calls.push({ id: `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`, name, json: kept });
  }
  const completionTokens = Math.max(1, request.maxTokens - left);
  return {
    id: `chatcmpl-${randomUUID()}`,
    model: request.model,
    thinking: dialect === 'openrouter' ? (turn.thinking ?? '') : '',
    text,
    calls,
    finishReason: isCut
      ? 'length'
      : turn.stopReason
        ? FINISH[turn.stopReason]
        : calls.length > 0
          ? 'tool_calls'
          : 'stop',
    usage: usageOf(dialect, { ...input, completionTokens }),
  };
}

function usageOf(
  dialect: Dialect,
  tokens: { promptTokens: number; cachedTokens: number; completionTokens: number },
): object {
  const { promptTokens, cachedTokens, completionTokens } = tokens;
  const counts = {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
  switch (dialect) {
    case 'openai':
      return {
        ...counts,
        prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
      };
    case 'openrouter':
      return {
        ...counts,
        prompt_tokens_details: { cached_tokens: cachedTokens },
        // As of a model at three dollars a million tokens in and fifteen out.
        cost: (promptTokens * 3 + completionTokens * 15) / 1e6,
        is_byok: false,
        cost_details: { upstream_inference_cost: null },
      };
    case 'ollama':
      return counts;
  }
}

/** The chunks of a stream in their order, with texts and arguments in pieces; Ollama sends each call whole. */
export function* chunksOf(
  dialect: Dialect,
  reply: Reply,
  { chunkChars, includeUsage }: { chunkChars: number; includeUsage: boolean },
): Generator<object> {
  const head = { id: reply.id, object: 'chat.completion.chunk', created: 1_764_000_000, model: reply.model };
  const chunk = (delta: object, finishReason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...(includeUsage && dialect === 'openai' ? { usage: null } : {}),
  });
  yield chunk({ role: 'assistant', content: '', refusal: null });
  for (const text of pieces(reply.thinking, chunkChars)) {
    yield chunk({
      content: '',
      reasoning_details: [{ type: 'reasoning.text', text, index: 0, format: 'unknown' }],
    });
  }
  for (const content of pieces(reply.text, chunkChars)) yield chunk({ content });
  for (const [index, { id, name, json }] of reply.calls.entries()) {
    if (dialect === 'ollama') {
      yield chunk({
        content: '',
        tool_calls: [{ index, id, type: 'function', function: { name, arguments: json } }],
      });
      continue;
    }
    yield chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
    for (const piece of pieces(json, chunkChars)) {
      yield chunk({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  yield chunk({}, reply.finishReason);
  if (includeUsage) yield { ...head, choices: [], usage: reply.usage };
}

/** The answer as one object. */
export const toCompletion = (reply: Reply) => ({
  id: reply.id,
  object: 'chat.completion',
  created: 1_764_000_000,
  model: reply.model,
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: reply.text || null,
        refusal: null,
        ...(reply.calls.length > 0
          ? {
              tool_calls: reply.calls.map(({ id, name, json }) => ({
                id,
                type: 'function',
                function: { name, arguments: json },
              })),
            }
          : {}),
      },
      finish_reason: reply.finishReason,
    },
  ],
  usage: reply.usage,
});

/** Pieces that never end within a surrogate pair. */
function* pieces(text: string, chars: number): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const end = from + chars;
    const to = /[\uD800-\uDBFF]/.test(text[end - 1] ?? '') ? end + 1 : end;
    yield text.slice(from, to);
    from = to;
  }
}
