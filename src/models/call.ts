import { z } from 'zod';
import { type AssistantBlock, ModelError, type ModelProvider, type ModelTurn } from './port.ts';
import { type ModelEntry, price } from './prices.ts';

/** The provider of runs that make one tool call and nothing else. It has no models, and no user may choose it. */
export const CALL_PROVIDER = 'call';

export const CALL_MODEL = 'call';
export const CALL_ENTRY: ModelEntry = {
  price: price(0, 0, 0),
  contextTokens: 1_000_000,
  maxOutputTokens: 128_000,
};

const NOTHING_USED = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const callSchema = z.object({ tool: z.string(), input: z.record(z.string(), z.unknown()) });

/** The prompt of a run that is to make this call. */
export const promptOfCall = (tool: string, input: Record<string, unknown>): string =>
  JSON.stringify({ tool, input });

/**
 * Plays a model that asks for the call in the prompt, and says its result when there is one. So a call without a model goes the
 * way of every other one: policies, approvals, effects and repetition hold for it.
 *
 * @throws {ModelError} not retryable, with what the tool said, when the call failed
 */
export const callTool: ModelProvider = async function* ({ messages, onBegun }) {
  onBegun?.();
  const blocks = messages.flatMap(({ role, content }) => (role === 'user' ? content : []));
  const result = blocks.findLast((block) => block.type === 'toolResult');
  if (result?.isError) throw new ModelError(result.output, { retryable: false, callFailed: true });
  if (result) {
    yield { type: 'turn', turn: turnOf({ type: 'text', text: result.output || 'Done.' }, 'endTurn') };
    return;
  }
  const prompt = blocks.find((block) => block.type === 'text')?.text ?? '';
  const { tool, input } = callSchema.parse(JSON.parse(prompt));
  yield { type: 'turn', turn: turnOf({ type: 'toolCall', id: 'call', name: tool, input }, 'toolCalls') };
};

const turnOf = (block: AssistantBlock, stopReason: ModelTurn['stopReason']): ModelTurn => ({
  content: [block],
  stopReason,
  usage: NOTHING_USED,
});
