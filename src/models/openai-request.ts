import { OPENAI_MODELS } from './openai-models.ts';
import type { AssistantBlock, ModelMessage, ModelRequest, UserBlock } from './port.ts';

/** Who speaks Chat Completions. Each has a little of its own. */
export type Dialect = 'openai' | 'openrouter' | 'ollama';

type Message =
  | { role: 'system' | 'user'; content: string }
  | { role: 'tool'; tool_call_id: string; content: string }
  | { role: 'assistant'; content: string | null; tool_calls?: ToolCall[]; reasoning_details?: unknown[] };

interface ToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

/** What OpenRouter's reasoning is kept with: another model would refuse it. */
export interface KeptReasoning {
  model: string;
  details: unknown[];
}

/**
 * A request in the dialect of Chat Completions. Equal conversations give equal requests and a longer one only appends, because
 * prompt caches hold for an unchanged prefix only.
 *
 * @param options.maxPrice US dollars per million tokens, for OpenRouter's choice of an upstream
 */
export function encodeRequest(
  dialect: Dialect,
  request: ModelRequest,
  { maxPrice }: { maxPrice?: { prompt: number; completion: number } | undefined } = {},
): Record<string, unknown> {
  const { model, system, messages, tools, maxOutputTokens } = request;
  return {
    model,
    messages: [
      ...(isBlank(system) ? [] : [{ role: 'system', content: system }]),
      ...messages.flatMap((message) => encodeMessage(dialect, model, message)),
    ],
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, inputSchema }) => ({
            type: 'function',
            function: { name, description, parameters: { ...inputSchema, type: 'object' } },
          })),
        }),
    stream: true,
    stream_options: { include_usage: true },
    ...particulars(dialect, model, maxOutputTokens, maxPrice),
  };
}

function particulars(
  dialect: Dialect,
  model: string,
  maxOutputTokens: number,
  maxPrice: { prompt: number; completion: number } | undefined,
): Record<string, unknown> {
  switch (dialect) {
    case 'openai': {
      const effort = OPENAI_MODELS.get(model)?.effort;
      return { max_completion_tokens: maxOutputTokens, ...(effort ? { reasoning_effort: effort } : {}) };
    }
    case 'openrouter':
      return {
        max_tokens: maxOutputTokens,
        usage: { include: true },
        ...(maxPrice ? { provider: { max_price: maxPrice } } : {}),
      };
    case 'ollama':
      return { max_tokens: maxOutputTokens };
  }
}

function encodeMessage(dialect: Dialect, model: string, { role, content }: ModelMessage): Message[] {
  return role === 'user' ? encodeUser(content) : encodeAssistant(dialect, model, content);
}

/** Each result is a message of its own, right behind the calls; what the user adds comes after them. */
function encodeUser(content: UserBlock[]): Message[] {
  const results = content.flatMap((block): Message[] =>
    block.type === 'toolResult'
      ? [
          {
            role: 'tool',
            tool_call_id: block.id,
            // The dialect has no field for it.
            content: block.isError ? `Error: ${block.output}` : block.output,
          },
        ]
      : [],
  );
  const text = textOf(content);
  return isBlank(text) ? results : [...results, { role: 'user', content: text }];
}

function encodeAssistant(dialect: Dialect, model: string, content: AssistantBlock[]): Message[] {
  const text = textOf(content);
  const calls = content.flatMap((block): ToolCall[] =>
    block.type === 'toolCall'
      ? [
          {
            id: block.id,
            type: 'function',
            function: { name: block.name, arguments: JSON.stringify(block.input) },
          },
        ]
      : [],
  );
  if (isBlank(text) && calls.length === 0) return [];
  const details = content.flatMap((block) =>
    block.type === 'reasoning' &&
    block.provider === dialect &&
    isKept(block.data) &&
    block.data.model === model
      ? block.data.details
      : [],
  );
  return [
    {
      role: 'assistant',
      content: isBlank(text) ? null : text,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      ...(details.length > 0 ? { reasoning_details: details } : {}),
    },
  ];
}

const textOf = (content: readonly (UserBlock | AssistantBlock)[]): string =>
  content
    .flatMap((block) => (block.type === 'text' && !isBlank(block.text) ? [block.text] : []))
    .join('\n\n');

const isKept = (data: unknown): data is KeptReasoning =>
  typeof data === 'object' &&
  data !== null &&
  'model' in data &&
  'details' in data &&
  Array.isArray(data.details);

const isBlank = (text: string) => text.trim() === '';
