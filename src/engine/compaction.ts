import type { HistoryRun } from '../store/runs/history.ts';
import type { Entry } from './conversation.ts';

/** From this share of the model's context on the conversation is compacted before the model is asked again. */
const NEARLY_FULL = 0.75;
/** The newest steps stay as they were, so many and so large at most. */
const MOST_KEPT_STEPS = 6;
const MOST_KEPT_TOKENS = 20_000;
/** Real tokenizers need more bytes for one, mostly; too early is better than too late. */
const BYTES_PER_TOKEN = 3;

/** What a summary is to stand for: all up to a step of the last run, and to a place in that run's inbox. */
export interface Cover {
  stepNo: number;
  deliveredSeq: number;
  entries: Entry[];
}

/**
 * What a compaction would cover: all but the newest few steps or, if that is nothing, all.
 *
 * @returns null when there is nothing to sum up, or nothing new since the last summary
 */
export function chooseCover(entries: readonly Entry[], { steps }: Pick<HistoryRun, 'steps'>): Cover | null {
  const last = steps.findLast(({ committed }) => committed);
  // It was compacted just now: a summary of a summary gains nothing.
  if (last && last.coversStepNo !== null) return null;
  const lastNo = last?.stepNo ?? 0;
  const stepNo = [firstKept(entries, lastNo) - 1, lastNo].find((no) => isWorthIt(upTo(entries, no)));
  if (stepNo === undefined) return null;
  const heard = steps.filter((step) => step.committed && step.stepNo <= stepNo);
  return {
    stepNo,
    deliveredSeq: Math.max(0, ...heard.map((step) => Math.max(step.deliveredSeq, step.answeredSeq ?? 0))),
    entries: upTo(entries, stepNo),
  };
}

const upTo = (entries: readonly Entry[], stepNo: number) => entries.filter((entry) => entry.stepNo <= stepNo);

const isWorthIt = (covered: readonly Entry[]) =>
  covered.some(({ kind }) => kind !== 'summary' && kind !== 'task');

function firstKept(entries: readonly Entry[], lastNo: number): number {
  const turns = entries.filter(({ kind, stepNo }) => kind === 'turn' && stepNo > 0);
  let first = lastNo + 1;
  for (const { stepNo } of turns.slice(-MOST_KEPT_STEPS).reverse()) {
    const kept = entries.filter((entry) => entry.stepNo >= stepNo && entry.stepNo <= lastNo);
    if (tokensIn(kept) > MOST_KEPT_TOKENS) break;
    first = stepNo;
  }
  return first;
}

/** Whether a conversation of so many tokens is to be compacted before a model with this context is asked. */
export const isNearlyFull = (tokens: number, contextTokens: number): boolean =>
  tokens > NEARLY_FULL * contextTokens;

/**
 * About how many tokens the model will read: what it read and wrote last, as it counted itself, and the bytes of what came since.
 *
 * @param frame what it is sent besides the conversation, which its own count includes
 */
export function estimateTokens(entries: readonly Entry[], frame: string): number {
  const at = entries.findLastIndex((entry) => entry.kind === 'turn' && entry.tokens !== null);
  const counted = entries[at];
  const known = counted?.kind === 'turn' ? counted.tokens : null;
  return (known ?? tokensOf(frame)) + tokensIn(entries.slice(at + 1));
}

const tokensIn = (entries: readonly Entry[]): number =>
  entries.reduce((sum, entry) => sum + tokensOf(textIn(entry)), 0);

function textIn(entry: Entry): string {
  switch (entry.kind) {
    case 'turn':
      return JSON.stringify(entry.content);
    case 'result':
      return entry.output;
    default:
      return entry.text;
  }
}

export const tokensOf = (text: string): number =>
  Math.ceil(new TextEncoder().encode(text).length / BYTES_PER_TOKEN);
