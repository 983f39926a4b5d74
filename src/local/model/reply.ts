import { randomUUID } from 'node:crypto';
import type Anthropic from '@anthropic-ai/sdk';
import type { ModelEntry } from './catalog.ts';
import type { InputUsage } from './prefix-cache.ts';
import type { CreateRequest } from './request.ts';
import type { ScriptedTurn } from './script/turn.ts';
import { prefixesOf, signThinking } from './signature.ts';
import type { DroppedThought } from './thinking-rules.ts';
import { countTokens, cutToTokens } from './tokens.ts';

/** A block of an answer. A call's input is kept as JSON text, which a limit may cut anywhere. */
export type ReplyBlock =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string; thoughtTokens: number }
  | { type: 'tool_use'; id: string; name: string; json: string };

/** An answer before it is sent, whole or as a stream. */
export interface Reply {
  id: string;
  model: string;
  blocks: ReplyBlock[];
  stopReason: Anthropic.StopReason;
  stopSequence: string | null;
  usage: Anthropic.Usage;
  /** Beta: thoughts that the model did not get to see. */
  inputTransformations: DroppedThought[] | undefined;
}

/** Makes the API's answer from what the scripted model says, within what the request allows. */
export function composeReply(
  request: CreateRequest,
  model: ModelEntry,
  turn: ScriptedTurn,
  input: { usage: InputUsage; dropped: DroppedThought[] | undefined },
): Reply {
  const said = blocksOf(request, model, turn);
  const stopped = stopAt(said, request.stop_sequences ?? []);
  const { inputTokens, readTokens, written5mTokens, written1hTokens } = input.usage;
  const room = model.contextTokens - inputTokens - readTokens - written5mTokens - written1hTokens;
  const limited = limit(stopped.blocks, Math.min(request.max_tokens, room));
  const calls = limited.blocks.some(({ type }) => type === 'tool_use');
  return {
    id: `msg_${randomUUID().replaceAll('-', '')}`,
    model: model.id,
    blocks: limited.blocks,
    stopReason: limited.isCut
      ? room < request.max_tokens
        ? 'model_context_window_exceeded'
        : 'max_tokens'
      : stopped.sequence !== null
        ? 'stop_sequence'
        : (turn.stopReason ?? (calls ? 'tool_use' : 'end_turn')),
    stopSequence: limited.isCut ? null : stopped.sequence,
    usage: usageOf(input.usage, limited.blocks),
    inputTransformations: input.dropped,
  };
}

/** The answer as one message. */
export function toMessage(reply: Reply): Anthropic.Message {
  return { ...messageHead(reply), content: reply.blocks.map(toContent), ...stopFields(reply) };
}

/** What a stream knows at its start: everything but the content and how it stops. */
export function messageHead({ id, model, usage, inputTransformations }: Reply): Anthropic.Message {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_reason: null,
    stop_sequence: null,
    usage,
    ...(inputTransformations && { input_transformations: inputTransformations }),
  };
}

export function stopFields({ stopReason, stopSequence }: Reply) {
  const refusal: Anthropic.RefusalStopDetails = { type: 'refusal', category: null, explanation: null };
  return {
    stop_reason: stopReason,
    stop_sequence: stopSequence,
    stop_details: stopReason === 'refusal' ? refusal : null,
  };
}

function toContent(block: ReplyBlock): Anthropic.ContentBlock {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text, citations: null };
    case 'thinking':
      return { type: 'thinking', thinking: block.thinking, signature: block.signature };
    case 'tool_use':
      return {
        type: 'tool_use',
        id: block.id,
        name: block.name,
        caller: { type: 'direct' },
        input: inputOf(block.json),
      };
  }
}

/** A call that the limit cut short has no input that could be read. */
function inputOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

function blocksOf(request: CreateRequest, model: ModelEntry, turn: ScriptedTurn): ReplyBlock[] {
  const mode = request.thinking?.type ?? model.thinkingByDefault;
  const only = request.tool_choice && 'disable_parallel_tool_use' in request.tool_choice;
  const calls = (turn.calls ?? []).slice(0, only && request.tool_choice?.type !== 'none' ? 1 : undefined);
  const blocks: ReplyBlock[] = [];
  const thinking =
    turn.thinking ?? (mode === 'enabled' ? 'What comes next follows from the conversation.' : '');
  if (thinking && (mode === 'adaptive' || mode === 'enabled')) blocks.push(think(request, model, thinking));
  if (turn.text) {
    const narrates =
      model.narratesInThinking && mode === 'adaptive' && calls.length > 0 && followsToolResult(request);
    blocks.push(narrates ? think(request, model, turn.text) : { type: 'text', text: turn.text });
  }
  for (const { name, input } of calls) {
    const id = `toolu_${randomUUID().replaceAll('-', '')}`;
    blocks.push({ type: 'tool_use', id, name, json: JSON.stringify(input) });
  }
  return blocks;
}

function think(request: CreateRequest, model: ModelEntry, thought: string): ReplyBlock {
  const config = request.thinking;
  const asked = config && 'display' in config ? config.display : undefined;
  const thinking = (asked ?? model.displayByDefault) === 'omitted' ? '' : thought;
  return {
    type: 'thinking',
    thinking,
    signature: signThinking(model.id, thinking, prefixesOf(request).at(-1) ?? ''),
    thoughtTokens: countTokens(thought),
  };
}

function followsToolResult({ messages }: CreateRequest): boolean {
  return messages.at(-1)?.content.some(({ type }) => type === 'tool_result') ?? false;
}

function stopAt(
  blocks: ReplyBlock[],
  sequences: string[],
): { blocks: ReplyBlock[]; sequence: string | null } {
  for (const [index, block] of blocks.entries()) {
    if (block.type !== 'text') continue;
    const hits = sequences
      .map((sequence) => ({ sequence, at: block.text.indexOf(sequence) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at);
    const [first] = hits;
    if (!first) continue;
    const cut: ReplyBlock = { type: 'text', text: block.text.slice(0, first.at) };
    return { blocks: [...blocks.slice(0, index), cut], sequence: first.sequence };
  }
  return { blocks, sequence: null };
}

function limit(blocks: ReplyBlock[], maxTokens: number): { blocks: ReplyBlock[]; isCut: boolean } {
  let left = maxTokens;
  const kept: ReplyBlock[] = [];
  for (const block of blocks) {
    const tokens = outputTokens(block);
    if (tokens <= left) {
      kept.push(block);
      left -= tokens;
      continue;
    }
    if (left > 0 && block.type === 'text') kept.push({ ...block, text: cutToTokens(block.text, left) });
    if (left > 0 && block.type === 'tool_use') kept.push({ ...block, json: cutToTokens(block.json, left) });
    return { blocks: kept, isCut: true };
  }
  return { blocks: kept, isCut: false };
}

function outputTokens(block: ReplyBlock): number {
  switch (block.type) {
    case 'text':
      return countTokens(block.text);
    case 'thinking':
      return block.thoughtTokens;
    case 'tool_use':
      return countTokens(block.name + block.json);
  }
}

function usageOf(input: InputUsage, blocks: ReplyBlock[]): Anthropic.Usage {
  const thoughts = blocks.reduce(
    (sum, block) => sum + (block.type === 'thinking' ? block.thoughtTokens : 0),
    0,
  );
  return {
    input_tokens: input.inputTokens,
    cache_read_input_tokens: input.readTokens,
    cache_creation_input_tokens: input.written5mTokens + input.written1hTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: input.written5mTokens,
      ephemeral_1h_input_tokens: input.written1hTokens,
    },
    // Even an empty answer costs something.
    output_tokens: Math.max(
      1,
      blocks.reduce((sum, block) => sum + outputTokens(block), 0),
    ),
    output_tokens_details: { thinking_tokens: thoughts },
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  };
}
