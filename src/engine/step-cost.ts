import { type Catalogue, PROVIDERS } from '../models/catalogue.ts';
import { longestTurn, mostMicroUsd, outputWithin } from '../models/cost-bound.ts';
import type { ModelRequest } from '../models/port.ts';
import type { ModelEntry } from '../models/prices.ts';
import type { FirstSteps, StepCost } from '../store/runs/budget.ts';
import type { HistoryRun } from '../store/runs/history.ts';

/** What a turn must be able to say, thinking included: with less it would be cut off before it came to a call. */
const USEFUL_ANSWER_TOKENS = 1_000;

/** The prompt of a first step that nobody has seen yet: instructions, tools and a task of a page or two. */
const FIRST_PROMPT_TOKENS = 24_000;

/** What providers add of their own: the instructions for using tools, and the marks around messages. */
const PROVIDER_TOKENS = 1_500;

/** What a block may take beside its text when it is sent back: its marks, and another cut of the text into tokens. */
const BLOCK_TOKENS = 64;

/** What a step may cost whose prompt has no more than so many tokens. */
export const stepCost = (model: ModelEntry, promptTokens: number): StepCost => ({
  leastMicroUsd: mostMicroUsd(model, promptTokens, Math.min(USEFUL_ANSWER_TOKENS, longestTurn(model))),
  mostMicroUsd: mostMicroUsd(model, promptTokens, longestTurn(model)),
});

/** What the first step of a run may cost, before anybody has seen its context. No first step needs less than `least`. */
export const firstStep = (model: ModelEntry): StepCost => ({
  leastMicroUsd: stepCost(model, 0).leastMicroUsd,
  mostMicroUsd: stepCost(model, FIRST_PROMPT_TOKENS).mostMicroUsd,
});

/** The same of every model there is, for a claim, which learns only as it is made what its run has. */
export function firstSteps(catalogue: Catalogue): FirstSteps {
  const steps: FirstSteps = {};
  for (const provider of PROVIDERS) {
    const any = catalogue.anyOf(provider);
    steps[provider] = any ? { '*': firstStep(any) } : {};
  }
  for (const { provider, model, entry } of catalogue.list()) {
    steps[provider] = { ...steps[provider], [model]: firstStep(entry) };
  }
  return steps;
}

/** How many tokens a call may write that has so much reserved; null when that is too little to begin it. */
export function outputFor(model: ModelEntry, promptTokens: number, reservedMicroUsd: number): number | null {
  const tokens = outputWithin(model, promptTokens, reservedMicroUsd);
  return tokens < Math.min(USEFUL_ANSWER_TOKENS, longestTurn(model)) ? null : tokens;
}

/**
 * No prompt has more tokens than this. What the run's last turn was counted to have, its own words included, is known; what
 * has come since is bounded by its bytes, because a token stands for at least one. That is three or four times too much for
 * prose, but only for what one step added, and nothing smaller holds for every text there is.
 */
export function promptBound(
  model: ModelEntry,
  request: Pick<ModelRequest, 'system' | 'messages' | 'tools'>,
  run: Pick<HistoryRun, 'steps'>,
): number {
  const { messages } = request;
  const last = run.steps.findLast(({ committed }) => committed);
  // What is told after a compaction nobody has counted yet.
  if (!last?.tokens || last.coversStepNo !== null) {
    const { system, tools } = request;
    return bounded(model, PROVIDER_TOKENS + sizeOf({ system, tools, messages }));
  }
  const since = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
  return bounded(model, last.tokens + BLOCK_TOKENS * (last.content.length + 1) + sizeOf(since));
}

/** The same for the step after one that is about to be committed, but for what its user may say meanwhile. */
export function nextPromptBound(
  model: ModelEntry,
  step: { tokens: number; content: readonly unknown[]; outputs: readonly (string | null)[] },
): number {
  const results = step.outputs.map((output) => ({ type: 'toolResult', id: '', output, isError: false }));
  return bounded(
    model,
    step.tokens + BLOCK_TOKENS * (step.content.length + step.outputs.length + 2) + sizeOf(results),
  );
}

/** The estimate for a call whose end nobody saw: its whole prompt, and the text that came. */
export const brokenCallMicroUsd = (model: ModelEntry, promptTokens: number, text: string): number =>
  mostMicroUsd(model, promptTokens, sizeOf(text));

const bounded = ({ contextTokens }: ModelEntry, tokens: number) => Math.min(contextTokens, tokens);

const encoder = new TextEncoder();
/** Bytes as JSON: no shorter than what a provider makes of it. */
const sizeOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;
