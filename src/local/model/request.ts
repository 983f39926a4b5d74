import { z } from 'zod';
import { Failure } from './failure.ts';

const cacheControl = z
  .strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() })
  .nullish();

const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  cache_control: cacheControl,
  citations: z.array(z.never()).nullish(),
});

const thinkingBlock = z.strictObject({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string(),
});

const toolUseBlock = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  name: z.string().min(1).max(200),
  input: z.record(z.string(), z.unknown()),
  cache_control: cacheControl,
  caller: z.strictObject({ type: z.literal('direct') }).optional(),
  toolset_name: z.null().optional(),
});

/** A string is short for one block of text, as everywhere in this API. */
function blocks<Block extends z.ZodType>(block: Block) {
  return z.preprocess(
    (content) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content),
    z.array(block),
  );
}

const toolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  content: blocks(textBlock).default([]),
  is_error: z.boolean().nullish(),
  cache_control: cacheControl,
  toolset_name: z.null().optional(),
});

const contentBlock = z.discriminatedUnion('type', [textBlock, thinkingBlock, toolUseBlock, toolResultBlock]);

const message = z.strictObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: blocks(contentBlock),
});

const tool = z.strictObject({
  type: z.literal('custom').nullish(),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  cache_control: cacheControl,
  strict: z.boolean().optional(),
  eager_input_streaming: z.boolean().nullish(),
  input_examples: z.array(z.record(z.string(), z.unknown())).optional(),
});

const parallel = { disable_parallel_tool_use: z.boolean().optional() };
const toolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), ...parallel }),
  z.strictObject({ type: z.literal('any'), ...parallel }),
  z.strictObject({ type: z.literal('tool'), name: z.string(), ...parallel }),
  z.strictObject({ type: z.literal('none') }),
]);

const display = z.enum(['summarized', 'omitted']).nullish();
/** Beta: what happens to thoughts that came after something else. */
const blockBinding = z
  .strictObject({ prefix_mismatch_behavior: z.enum(['error', 'drop_block']).nullish() })
  .nullish();
const howToThink = { display, block_binding: blockBinding };
const thinking = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('adaptive'), ...howToThink }),
  z.strictObject({ type: z.literal('enabled'), budget_tokens: z.number().int().min(1024), ...howToThink }),
  z.strictObject({ type: z.literal('disabled') }),
  z.strictObject({ type: z.literal('between_tools') }),
]);

const prompt = {
  model: z.string(),
  messages: z.array(message),
  system: blocks(textBlock).optional(),
  tools: z.array(tool).optional(),
  tool_choice: toolChoice.optional(),
  thinking: thinking.optional(),
  cache_control: cacheControl,
  output_config: z
    .strictObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
    })
    .optional(),
};

const creation = z.strictObject({
  ...prompt,
  max_tokens: z.number().int().min(0),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string()).optional(),
  metadata: z.strictObject({ user_id: z.string().nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
});

/** The sampling parameters went away with API version 2026-10-21. */
const creationOf2023 = creation.extend({
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.number().int().min(0).optional(),
});

const counting = z.strictObject(prompt);

/** A request whose shape is right. Every `content` and `system` is a list of blocks, even if it was sent as a string. */
export type CreateRequest = z.infer<typeof creation>;
export type Prompt = z.infer<typeof counting>;
export type RequestMessage = z.infer<typeof message>;
export type RequestBlock = z.infer<typeof contentBlock>;
export type CacheControl = z.infer<typeof cacheControl>;

export type ApiVersion = '2023-06-01' | '2026-10-21';

/** @throws {Failure} 400 with the path of the first field that is wrong */
export function parseCreation(body: unknown, version: ApiVersion): CreateRequest {
  return parse(version === '2023-06-01' ? creationOf2023 : creation, body);
}

/** @throws {Failure} 400 with the path of the first field that is wrong */
export function parseCounting(body: unknown): Prompt {
  return parse(counting, body);
}

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Failure(400, issue ? describeIssue(issue, body) : 'Invalid request');
}

/** Says an issue the way the API does, such as `messages.1.content.0.tool_use.id: Field required`. */
function describeIssue(issue: z.core.$ZodIssue, body: unknown): string {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  return `${taggedPath(path, body).join('.')}: ${complaint(issue, body)}`;
}

function complaint(issue: z.core.$ZodIssue, body: unknown): string {
  const isMissing = valueAt(issue.path, body) === undefined;
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'Extra inputs are not permitted';
    case 'invalid_type':
      return isMissing ? 'Field required' : `Input should be a valid ${issue.expected}`;
    case 'invalid_value': {
      const values = issue.values.map((value) => `'${String(value)}'`).join(' or ');
      return isMissing ? 'Field required' : `Input should be ${values}`;
    }
    case 'invalid_format':
      return `String should match pattern '${issue.pattern?.replace(/^\/|\/$/g, '')}'`;
    case 'too_small':
      return `Input should be greater than or equal to ${issue.minimum}`;
    case 'too_big':
      return `Input should be less than or equal to ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** The API names the variant of a block or tool after its index: `content.0.text`, `tools.0.custom`. */
function taggedPath(path: readonly PropertyKey[], body: unknown): string[] {
  return path.flatMap((key, index) => {
    const isInside = typeof key === 'number' && index < path.length - 1;
    if (!isInside) return [String(key)];
    if (path[index - 1] === 'tools') return [String(key), 'custom'];
    const isBlock = path[index - 1] === 'content' && path[index + 1] !== 'type';
    const tag = isBlock ? valueAt([...path.slice(0, index + 1), 'type'], body) : undefined;
    return typeof tag === 'string' ? [String(key), tag] : [String(key)];
  });
}

function valueAt(path: readonly PropertyKey[], body: unknown): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    body,
  );
}
