import { z } from 'zod';
import { type Prompt, parseCounting } from '../model/request.ts';
import { type Dialect, Refusal } from './refusal.ts';

const toolCall = z.strictObject({
  id: z.string().min(1).max(40),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});
const part = z.strictObject({ type: z.literal('text'), text: z.string() });
const content = z.union([z.string(), z.array(part)]);
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content }),
  z.strictObject({ role: z.literal('developer'), content }),
  z.strictObject({ role: z.literal('user'), content }),
  z.strictObject({ role: z.literal('tool'), content, tool_call_id: z.string() }),
  z.strictObject({
    role: z.literal('assistant'),
    content: content.nullish(),
    tool_calls: z.array(toolCall).min(1).optional(),
    refusal: z.string().nullish(),
    reasoning_details: z.array(z.looseObject({ type: z.string() })).optional(),
  }),
]);
const tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    description: z.string().optional(),
    parameters: z.looseObject({ type: z.literal('object') }).optional(),
    strict: z.boolean().nullish(),
  }),
});
const common = {
  model: z.string(),
  messages: z.array(message).min(1),
  tools: z.array(tool).min(1).optional(),
  stream: z.boolean().optional(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullish(),
};
const limit = z.number().int().min(1).optional();

/** What each service takes. OpenAI's current models have no `max_tokens`. */
const bodies = {
  openai: z.strictObject({
    ...common,
    max_completion_tokens: limit,
    reasoning_effort: z.enum(['none', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  }),
  openrouter: z.strictObject({
    ...common,
    max_tokens: limit,
    usage: z.strictObject({ include: z.boolean() }).optional(),
    provider: z
      .strictObject({ max_price: z.strictObject({ prompt: z.number(), completion: z.number() }) })
      .optional(),
  }),
  ollama: z.strictObject({ ...common, max_tokens: limit }),
};

export interface ChatRequest {
  model: string;
  stream: boolean;
  includeUsage: boolean;
  maxTokens: number;
  effort: string | null;
  hasTools: boolean;
  maxPrice: { prompt: number; completion: number } | undefined;
  prompt: Prompt;
}

type Message = z.infer<typeof message>;

/** @throws {Refusal} 400 with the path of the first field that is wrong */
export function parseChat(dialect: Dialect, body: unknown): ChatRequest {
  const parsed = bodies[dialect].safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path.join('.') ?? '';
    throw new Refusal(400, `Invalid value at '${param}': ${issue?.message}`, {
      param,
      code: 'invalid_value',
    });
  }
  const { data } = parsed;
  checkCalls(data.messages);
  return {
    model: data.model,
    stream: data.stream ?? false,
    includeUsage: data.stream_options?.include_usage ?? false,
    maxTokens:
      ('max_tokens' in data ? data.max_tokens : undefined) ??
      ('max_completion_tokens' in data ? data.max_completion_tokens : undefined) ??
      16_000,
    effort: 'reasoning_effort' in data ? (data.reasoning_effort ?? null) : null,
    hasTools: data.tools !== undefined,
    maxPrice: maxPriceOf(data),
    prompt: toPrompt(data),
  };
}

function maxPriceOf(data: object): ChatRequest['maxPrice'] {
  const priced = z.object({
    provider: z.object({ max_price: z.object({ prompt: z.number(), completion: z.number() }) }),
  });
  return priced.safeParse(data).data?.provider.max_price;
}

/** Each call is answered right behind the message that made it, and nothing else is. */
function checkCalls(messages: readonly Message[]): void {
  let open = new Set<string>();
  for (const [at, said] of messages.entries()) {
    if (said.role === 'tool') {
      if (!open.delete(said.tool_call_id)) {
        throw new Refusal(
          400,
          "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
          { param: `messages.[${at}].role` },
        );
      }
      continue;
    }
    if (open.size > 0) throw unanswered(open);
    if (said.role !== 'assistant') continue;
    if (!said.tool_calls && textOf(said.content) === '') {
      throw new Refusal(400, `Invalid value for 'content': expected a string, got null.`, {
        param: `messages.[${at}].content`,
      });
    }
    open = new Set(said.tool_calls?.map(({ id }) => id));
  }
  if (open.size > 0) throw unanswered(open);
}

const unanswered = (open: Set<string>) =>
  new Refusal(
    400,
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    { param: 'messages' },
  );

/** The conversation as the scripted model reads it, which is Anthropic's dialect. */
function toPrompt({ model, messages, tools }: z.infer<(typeof bodies)['ollama']>): Prompt {
  const told: { role: 'user' | 'assistant'; content: unknown[] }[] = [];
  const say = (role: 'user' | 'assistant', blocks: unknown[]) => {
    const last = told.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else told.push({ role, content: blocks });
  };
  const system: unknown[] = [];
  for (const said of messages) {
    const text = textOf(said.content);
    const spoken = text === '' ? [] : [{ type: 'text', text }];
    if (said.role === 'system' || said.role === 'developer') system.push(...spoken);
    else if (said.role === 'user') say('user', spoken);
    else if (said.role === 'tool') {
      const isError = text.startsWith('Error: ');
      say('user', [
        {
          type: 'tool_result',
          tool_use_id: said.tool_call_id,
          content: isError ? text.slice('Error: '.length) : text,
          ...(isError ? { is_error: true } : {}),
        },
      ]);
    } else say('assistant', [...spoken, ...(said.tool_calls ?? []).map(toToolUse)]);
  }
  return parseCounting({
    model,
    messages: told,
    ...(system.length > 0 ? { system } : {}),
    ...(tools
      ? {
          tools: tools.map(({ function: { name, description, parameters } }) => ({
            name,
            description,
            input_schema: parameters ?? { type: 'object' },
          })),
        }
      : {}),
  });
}

function toToolUse({ id, function: { name, arguments: json } }: z.infer<typeof toolCall>) {
  try {
    const input: unknown = JSON.parse(json);
    return { type: 'tool_use', id, name, input };
  } catch {
    throw new Refusal(400, 'Invalid JSON in the arguments of a tool call.', { param: 'messages' });
  }
}

const textOf = (said: z.infer<typeof content> | null | undefined): string =>
  typeof said === 'string' ? said : (said ?? []).map(({ text }) => text).join('');
