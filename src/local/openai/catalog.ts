import { type Dialect, Refusal } from './refusal.ts';
import type { ChatRequest } from './request.ts';

/** Models that are served, with what they read. At OpenAI: whether tools need `reasoning_effort: none`, or the Responses API. */
const SERVED: Record<
  Dialect,
  Record<string, { contextTokens: number; tools?: 'withoutReasoning' | 'never' }>
> = {
  openai: {
    'gpt-6-sol': { contextTokens: 922_000, tools: 'withoutReasoning' },
    'gpt-6-luna': { contextTokens: 922_000, tools: 'withoutReasoning' },
    'gpt-6.1-sol': { contextTokens: 922_000, tools: 'never' },
    'gpt-5.4-mini': { contextTokens: 272_000, tools: 'withoutReasoning' },
    'gpt-4.1': { contextTokens: 1_014_808 },
  },
  openrouter: {
    'anthropic/claude-sonnet-5': { contextTokens: 128_000 },
    'openai/gpt-6-sol': { contextTokens: 922_000 },
  },
  ollama: { 'qwen3-coder': { contextTokens: 32_768 }, 'gpt-oss:20b': { contextTokens: 32_768 } },
};

export const listModels = (dialect: Dialect) =>
  Object.keys(SERVED[dialect]).map((id) => ({
    id,
    object: 'model',
    created: 1_764_000_000,
    owned_by: dialect,
  }));

/**
 * @returns the tokens of the prompt
 * @throws {Refusal} for a model that is not served, a prompt past its context, or tools that it does not call here
 */
export function checkModel(dialect: Dialect, chat: ChatRequest, promptTokens: number): number {
  const { model, effort, hasTools, maxPrice } = chat;
  const served = SERVED[dialect][model];
  if (!served) throw unknownModel(dialect, model);
  // As of a model at three dollars a million tokens in and fifteen out.
  if (maxPrice && (maxPrice.prompt < 3 || maxPrice.completion < 15)) {
    throw new Refusal(404, 'No endpoints found that match your max price.');
  }
  const isRefused = served.tools === 'never' || (served.tools === 'withoutReasoning' && effort !== 'none');
  if (hasTools && isRefused) {
    throw new Refusal(
      400,
      `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.`,
      { param: 'reasoning_effort' },
    );
  }
  if (dialect === 'openai' && effort !== null && !served.tools) {
    throw new Refusal(400, "Unsupported parameter: 'reasoning_effort' is not supported with this model.", {
      param: 'reasoning_effort',
      code: 'unsupported_parameter',
    });
  }
  if (promptTokens > served.contextTokens) {
    throw new Refusal(
      400,
      `This model's maximum context length is ${served.contextTokens} tokens. However, your messages resulted in ${promptTokens} tokens.`,
      { param: 'messages', code: 'context_length_exceeded' },
    );
  }
  return promptTokens;
}

function unknownModel(dialect: Dialect, model: string): Refusal {
  switch (dialect) {
    case 'openai':
      return new Refusal(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
        code: 'model_not_found',
      });
    case 'openrouter':
      return new Refusal(400, `${model} is not a valid model ID`);
    case 'ollama':
      return new Refusal(404, `model '${model}' not found`, { type: 'not_found_error' });
  }
}
