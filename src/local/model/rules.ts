import type { ModelEntry } from './catalog.ts';
import { Failure } from './failure.ts';
import { promptPieces } from './prompt-pieces.ts';
import type { CreateRequest, Prompt, RequestMessage } from './request.ts';
import { checkThinkingMode, checkThoughts } from './thinking-rules.ts';
import { checkToolExchanges, checkTools } from './tool-rules.ts';

/**
 * What the API refuses although its shape is right. The sentences are those of the API where they are public (its
 * errors page and the reports of its users); the order of the checks is ours.
 *
 * @returns the prompt as the model sees it, and the thoughts that were left out of it
 * @throws {Failure} 400
 */
export function checkCreation(request: CreateRequest, model: ModelEntry, context: RequestContext) {
  if (request.max_tokens > model.maxOutputTokens) {
    throw new Failure(
      400,
      `max_tokens: ${request.max_tokens} > ${model.maxOutputTokens}, which is the maximum allowed number of output tokens for ${model.id}`,
    );
  }
  checkThinkingMode(request, model, { ...context, maxTokens: request.max_tokens });
  return checkPrompt(request, model, context);
}

/** What matters for a prompt besides the prompt. */
export interface RequestContext {
  /** It ends with a turn that was paused, and that is to go on. */
  resumes: boolean;
  /** The values of the `anthropic-beta` header. */
  betas: string[];
}

/**
 * @returns the prompt as the model sees it, and the thoughts that were left out of it
 * @throws {Failure} 400
 */
export function checkPrompt<P extends Prompt>(prompt: P, model: ModelEntry, context: RequestContext) {
  checkThinkingMode(prompt, model, context);
  checkTools(prompt, model);
  checkMessages(prompt, model, context);
  checkToolExchanges(prompt);
  checkBreakpoints(prompt);
  return checkThoughts(prompt, model);
}

function checkMessages({ messages, system }: Prompt, model: ModelEntry, context: RequestContext): void {
  const [first] = messages;
  const last = messages.at(-1);
  if (!first || !last) throw new Failure(400, 'messages: at least one message is required');
  if (first.role !== 'user') throw new Failure(400, 'messages: first message must use the "user" role');
  checkTexts('system', system ?? []);
  for (const [at, message] of messages.entries()) checkMessage(at, message, messages[at - 1], model);
  if (last.role !== 'assistant' || context.resumes) return;
  if (!model.prefill) {
    throw new Failure(
      400,
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  const end = last.content.at(-1);
  if (end?.type === 'text' && end.text !== end.text.trimEnd()) {
    throw new Failure(400, 'messages: final assistant content cannot end with trailing whitespace');
  }
}

function checkMessage(
  at: number,
  { role, content }: RequestMessage,
  previous: RequestMessage | undefined,
  model: ModelEntry,
): void {
  if (content.length === 0) {
    throw new Failure(
      400,
      `messages.${at}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  checkTexts('messages', content);
  for (const [index, { type }] of content.entries()) {
    const allowed = {
      user: ['text', 'tool_result'],
      assistant: ['text', 'thinking', 'tool_use'],
      system: ['text'],
    };
    if (!allowed[role].includes(type)) {
      throw new Failure(
        400,
        `messages.${at}.content.${index}: \`${type}\` blocks can not be in \`${role}\` messages`,
      );
    }
  }
  if (role !== 'system') return;
  if (!model.systemMessages) {
    throw new Failure(400, `messages.${at}: role 'system' is not supported on this model`);
  }
  if (previous?.role !== 'user') {
    throw new Failure(400, `messages.${at}: a 'system' message must follow a 'user' message`);
  }
}

function checkTexts(field: string, content: { type: string; text?: string }[]): void {
  for (const { type, text } of content) {
    if (type !== 'text') continue;
    if (text === '') throw new Failure(400, `${field}: text content blocks must be non-empty`);
    if (text?.trim() === '') {
      throw new Failure(400, `${field}: text content blocks must contain non-whitespace text`);
    }
  }
}

function checkBreakpoints(prompt: Prompt): void {
  const breakpoints = promptPieces(prompt).filter(({ ttl }) => ttl);
  if (breakpoints.length > 4) {
    throw new Failure(
      400,
      `A maximum of 4 blocks with cache_control may be provided. Found ${breakpoints.length}.`,
    );
  }
  const short = breakpoints.findIndex(({ ttl }) => ttl === '5m');
  const late = breakpoints.slice(short + 1).find(({ ttl }) => ttl === '1h');
  if (short >= 0 && late) {
    throw new Failure(
      400,
      `${late.path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: \`tools\`, \`system\`, \`messages\`.`,
    );
  }
}
