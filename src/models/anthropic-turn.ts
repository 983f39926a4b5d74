import type Anthropic from '@anthropic-ai/sdk';
import { type AssistantBlock, ModelError, type ModelTurn, type ModelUsage, type StopReason } from './port.ts';

type Draft =
  | { type: 'text'; text: string }
  | { type: 'toolCall'; id: string; name: string; input: unknown; json: string }
  | { type: 'reasoning'; data: Anthropic.ThinkingBlock | Anthropic.RedactedThinkingBlock };

const STOP_REASONS: Record<Anthropic.StopReason, StopReason> = {
  end_turn: 'endTurn',
  stop_sequence: 'endTurn',
  tool_use: 'toolCalls',
  max_tokens: 'maxTokens',
  refusal: 'refusal',
  pause_turn: 'pauseTurn',
  model_context_window_exceeded: 'contextFull',
};

/** Puts a turn together from the events of a stream. */
interface TurnReader {
  /** Takes the next event and returns the text it adds to what the user reads, which is mostly none. */
  read(event: Anthropic.RawMessageStreamEvent): string;
  /**
   * The turn, once the stream has ended.
   *
   * @throws {ModelError} retryable, when the stream ended early (E11) or a call that should run cannot be read
   */
  finish(): ModelTurn;
}

export function createTurnReader(): TurnReader {
  const drafts = new Map<number, Draft>();
  const usage: ModelUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  let stopReason: Anthropic.StopReason | null = null;
  let stopped = false;

  return {
    read(event) {
      switch (event.type) {
        case 'message_start':
          addUsage(usage, event.message.usage);
          return '';
        case 'content_block_start': {
          const draft = startDraft(event.content_block);
          if (!draft) return '';
          drafts.set(event.index, draft);
          return draft.type === 'text' ? draft.text : '';
        }
        case 'content_block_delta': {
          const draft = drafts.get(event.index);
          return draft ? extendDraft(draft, event.delta) : '';
        }
        case 'content_block_stop':
          return '';
        case 'message_delta':
          stopReason = event.delta.stop_reason ?? stopReason;
          addUsage(usage, event.usage);
          return '';
        case 'message_stop':
          stopped = true;
          return '';
      }
    },

    finish() {
      if (!stopped || stopReason === null) {
        throw new ModelError('The model stopped in the middle of its answer.', { retryable: true });
      }
      const reason: StopReason | undefined = STOP_REASONS[stopReason];
      if (!reason) {
        throw new ModelError('The model stopped for a reason Cadence does not know.', { retryable: false });
      }
      const ordered = [...drafts].sort(([a], [b]) => a - b);
      const content = ordered.flatMap(([, draft]) => finishDraft(draft, reason));
      return { content, stopReason: reason, usage };
    },
  };
}

/** Blocks of tools that run at Anthropic are not asked for and have no place in a turn. */
function startDraft(block: Anthropic.ContentBlock): Draft | undefined {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'tool_use':
      return { type: 'toolCall', id: block.id, name: block.name, input: block.input, json: '' };
    case 'thinking':
    case 'redacted_thinking':
      return { type: 'reasoning', data: { ...block } };
    default:
      return undefined;
  }
}

function extendDraft(draft: Draft, delta: Anthropic.RawContentBlockDelta): string {
  if (draft.type === 'text' && delta.type === 'text_delta') {
    draft.text += delta.text;
    return delta.text;
  }
  if (draft.type === 'toolCall' && delta.type === 'input_json_delta') draft.json += delta.partial_json;
  if (draft.type === 'reasoning' && draft.data.type === 'thinking') {
    if (delta.type === 'thinking_delta') draft.data.thinking += delta.thinking;
    if (delta.type === 'signature_delta') draft.data.signature += delta.signature;
  }
  return '';
}

function finishDraft(draft: Draft, reason: StopReason): AssistantBlock[] {
  switch (draft.type) {
    case 'text':
      return draft.text === '' ? [] : [draft];
    case 'reasoning':
      // A thought that was cut off is not signed yet, and the API refuses it in the next request.
      return draft.data.type === 'thinking' && draft.data.signature === ''
        ? []
        : [{ type: 'reasoning', provider: 'anthropic', data: draft.data }];
    case 'toolCall': {
      const input = readInput(draft);
      if (input) return [{ type: 'toolCall', id: draft.id, name: draft.name, input }];
      if (reason !== 'toolCalls') return [];
      throw new ModelError('The model asked for a tool in a form that cannot be read.', { retryable: true });
    }
  }
}

function readInput({ json, input }: { json: string; input: unknown }): Record<string, unknown> | undefined {
  const value = json === '' ? input : parseJson(json);
  return isRecord(value) ? value : undefined;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Later counts are totals, not additions, and null where nothing new is known. */
function addUsage(usage: ModelUsage, counts: Anthropic.Usage | Anthropic.MessageDeltaUsage): void {
  usage.inputTokens = counts.input_tokens ?? usage.inputTokens;
  usage.outputTokens = counts.output_tokens ?? usage.outputTokens;
  usage.cacheReadTokens = counts.cache_read_input_tokens ?? usage.cacheReadTokens;
  usage.cacheWriteTokens = counts.cache_creation_input_tokens ?? usage.cacheWriteTokens;
}
