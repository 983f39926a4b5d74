import type { ModelEntry } from './catalog.ts';
import { Failure } from './failure.ts';
import type { CreateRequest, Prompt } from './request.ts';
import { checkSignature, prefixesOf } from './signature.ts';

const BINDING_BETA = 'thinking-binding-controls-2026-08-01';

/** A thinking block that the model does not get to see, as the API reports it. */
export interface DroppedThought {
  type: 'thinking_dropped';
  path: string;
  reason: 'model_binding_mismatch' | 'prefix_binding_mismatch';
}

/** @throws {Failure} 400 for a way of thinking that the model or the limits of the request do not allow */
export function checkThinkingMode(
  { thinking }: Prompt,
  model: ModelEntry,
  context: { maxTokens?: number; betas: string[] },
): void {
  if (!thinking) return;
  if (!model.thinking.includes(thinking.type)) {
    const [first] = model.thinking;
    const effort = first === 'adaptive' ? ' and "output_config.effort"' : '';
    throw new Failure(
      400,
      `"thinking.type.${thinking.type}" is not supported for this model. Use "thinking.type.${first}"${effort} to control thinking behavior.`,
    );
  }
  if (
    thinking.type === 'enabled' &&
    thinking.budget_tokens >= (context.maxTokens ?? Number.POSITIVE_INFINITY)
  ) {
    throw new Failure(400, '`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if ('block_binding' in thinking && thinking.block_binding && !context.betas.includes(BINDING_BETA)) {
    throw new Failure(
      400,
      `thinking.${thinking.type}.block_binding: this setting requires the \`${BINDING_BETA}\` value in the \`anthropic-beta\` header.`,
    );
  }
}

/**
 * Thoughts come back as they were given. Models with preserved thinking do not read those of other models, and refuse
 * or drop those that came after something else. Source: the guide to preserved thinking.
 *
 * @returns the prompt as the model sees it, and what was left out of it
 * @throws {Failure} 400
 */
export function checkThoughts<P extends Prompt>(
  prompt: P,
  model: ModelEntry,
): { seen: P; dropped: DroppedThought[] } {
  const { messages, thinking } = prompt;
  const mayDrop =
    thinking &&
    'block_binding' in thinking &&
    thinking.block_binding?.prefix_mismatch_behavior === 'drop_block';
  const latest = messages.findLastIndex(({ role }) => role === 'assistant');
  const prefixes = prefixesOf(prompt);
  const dropped: DroppedThought[] = [];
  for (const [at, { content }] of messages.entries()) {
    for (const [index, block] of content.entries()) {
      if (block.type !== 'thinking') continue;
      const path = `messages.${at}.content.${index}`;
      const provenance = checkSignature(block, model, prefixes[at] ?? '');
      if (provenance === 'genuine') continue;
      if (provenance === 'otherModel' && model.preservedThinking) {
        dropped.push({ type: 'thinking_dropped', path, reason: 'model_binding_mismatch' });
      } else if (provenance !== 'otherConversation') {
        throw new Failure(400, `${path}: ${alteration(at === latest)}`);
      } else if (mayDrop) {
        dropped.push({ type: 'thinking_dropped', path, reason: 'prefix_binding_mismatch' });
      } else if (model.preservedThinking) {
        throw new Failure(
          400,
          `${path}: Invalid \`signature\` in \`thinking\` block. The block is bound to a different conversation. Remove the block, or set \`thinking.block_binding.prefix_mismatch_behavior\` to "drop_block". This setting requires the \`${BINDING_BETA}\` value in the \`anthropic-beta\` header.`,
        );
      }
    }
  }
  checkStart(prompt, latest);
  return { seen: without(prompt, new Set(dropped.map(({ path }) => path))), dropped };
}

/** Whether the answer reports what was left out. */
export function reportsDropped(betas: string[]): boolean {
  return betas.includes(BINDING_BETA);
}

function alteration(isLatest: boolean): string {
  return isLatest
    ? '`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.'
    : 'Invalid `signature` in `thinking` block';
}

function checkStart({ messages, thinking }: Prompt, latest: number): void {
  const turn = messages[latest]?.content ?? [];
  const [start] = turn;
  const callsTools = turn.some(({ type }) => type === 'tool_use');
  if (thinking?.type === 'enabled' && callsTools && start && start.type !== 'thinking') {
    throw new Failure(
      400,
      `messages.${latest}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${start.type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`,
    );
  }
}

function without<P extends Prompt>(prompt: P, paths: Set<string>): P {
  if (paths.size === 0) return prompt;
  const messages: CreateRequest['messages'] = prompt.messages.map((message, at) => ({
    ...message,
    content: message.content.filter((_, index) => !paths.has(`messages.${at}.content.${index}`)),
  }));
  return { ...prompt, messages };
}
