import type Anthropic from '@anthropic-ai/sdk';
import type { AssistantBlock, ModelMessage, ModelRequest, UserBlock } from './port.ts';

type Markable = Anthropic.TextBlockParam | Anthropic.ToolResultBlockParam;
type Message =
  | { role: 'user'; content: Markable[] }
  | { role: 'assistant'; content: Anthropic.ContentBlockParam[] };

const CACHED = { type: 'ephemeral' } as const;

/**
 * A request in Anthropic's dialect. It says nothing about thinking, so each model thinks as it does by default.
 *
 * Equal conversations give equal requests and a longer one only appends (cache markers aside), because the prompt
 * cache and the signatures of thinking blocks both hold for an unchanged prefix only.
 */
export function encodeRequest(request: ModelRequest): Anthropic.MessageCreateParamsStreaming {
  const messages = request.messages.map(encodeMessage).filter(({ content }) => content.length > 0);
  markForCache(messages);
  return {
    model: request.model,
    max_tokens: request.maxOutputTokens,
    stream: true,
    messages,
    ...(isBlank(request.system)
      ? {}
      : { system: [{ type: 'text', text: request.system, cache_control: CACHED }] }),
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(({ name, description, inputSchema }) => ({
            name,
            description,
            input_schema: { ...inputSchema, type: 'object' },
          })),
        }),
  };
}

function encodeMessage({ role, content }: ModelMessage): Message {
  return role === 'user'
    ? { role, content: resultsFirst(content).flatMap(encodeUserBlock) }
    : { role, content: withoutTrailingReasoning(content.flatMap(encodeAssistantBlock)) };
}

/** The API wants the results of the calls before anything the user adds. */
function resultsFirst(content: UserBlock[]): UserBlock[] {
  return content.toSorted((a, b) => Number(b.type === 'toolResult') - Number(a.type === 'toolResult'));
}

/** Blank text is left out everywhere: the API refuses it. */
function encodeUserBlock(block: UserBlock): Markable[] {
  switch (block.type) {
    case 'text':
      return isBlank(block.text) ? [] : [{ type: 'text', text: block.text }];
    case 'toolResult':
      return [
        {
          type: 'tool_result',
          tool_use_id: block.id,
          ...(isBlank(block.output) ? {} : { content: block.output }),
          ...(block.isError ? { is_error: true } : {}),
        },
      ];
  }
}

function encodeAssistantBlock(block: AssistantBlock): Anthropic.ContentBlockParam[] {
  switch (block.type) {
    case 'text':
      return isBlank(block.text) ? [] : [{ type: 'text', text: block.text }];
    case 'toolCall':
      return [{ type: 'tool_use', id: block.id, name: block.name, input: block.input }];
    case 'reasoning':
      return block.provider === 'anthropic' && isThinking(block.data) ? [block.data] : [];
  }
}

/** A turn that was cut off may end in thought; the API refuses an assistant message that does. */
function withoutTrailingReasoning(content: Anthropic.ContentBlockParam[]): Anthropic.ContentBlockParam[] {
  const end = content.findLastIndex(({ type }) => type !== 'thinking' && type !== 'redacted_thinking');
  return content.slice(0, end + 1);
}

/**
 * Marks the last two user messages. The API reads the cache at each marker and writes it at the last one, so this
 * request reads up to where the previous one wrote, however many results came in between. With the marker on the system
 * prompt, which covers the tools, this makes three of the four a request may have.
 */
function markForCache(messages: Message[]): void {
  for (const { content } of messages.filter((message) => message.role === 'user').slice(-2)) {
    const last = content.at(-1);
    if (last) last.cache_control = CACHED;
  }
}

function isThinking(
  data: unknown,
): data is Anthropic.ThinkingBlockParam | Anthropic.RedactedThinkingBlockParam {
  if (typeof data !== 'object' || data === null || !('type' in data)) return false;
  if (data.type === 'redacted_thinking') return 'data' in data && typeof data.data === 'string';
  return (
    data.type === 'thinking' &&
    'thinking' in data &&
    typeof data.thinking === 'string' &&
    'signature' in data &&
    typeof data.signature === 'string'
  );
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}
