import { cutText } from '../cut-text.ts';
import type { ModelUsage } from '../models/port.ts';
import { turnMicroUsd } from '../models/prices.ts';
import type { HistoryStep } from '../store/runs/history.ts';
import type { StepRow } from '../store/runs/step.ts';
import type { Answer } from './ask-model.ts';
import type { Engine } from './engine.ts';
import type { Work } from './work.ts';

/** A step under way. `planned` tells whether its row is written; `plannedCalls` are the rows of an earlier worker. */
export interface Step {
  row: StepRow;
  planned: boolean;
  /** Of its prompt and of what it wrote. */
  tokens: number;
  plannedCalls: HistoryStep['calls'];
  /** The message that answered the step's question. */
  answeredSeq: number | null;
}

/** The step that a model's turn makes. */
export function stepFrom(engine: Engine, work: Work, answer: Extract<Answer, { kind: 'turn' }>): Step {
  const { turn, deliveredSeq, modelMs } = answer;
  return {
    row: {
      stepNo: work.stepNo,
      coversStepNo: null,
      content: turn.content,
      stopReason: turn.stopReason,
      deliveredSeq,
      by: { provider: work.context.provider, model: work.context.model },
      usage: turn.usage,
      costMicroUsd: turnMicroUsd(work.model, turn),
      modelMs,
      createdAt: `${new Date(engine.now()).toISOString().slice(0, 19)}Z`,
    },
    planned: false,
    tokens: tokensOf(turn.usage),
    plannedCalls: [],
    answeredSeq: null,
  };
}

const PAID_FOR = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

const tokensOf = (usage: ModelUsage) =>
  usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;

/** The step that an earlier worker planned: its turn was paid for and accounted with the plan. */
export function adoptPlan(earlier: HistoryStep): Step {
  const { calls, tokens, committed: _, answeredSeq: __, ...row } = earlier;
  return {
    row: { ...row, usage: PAID_FOR, costMicroUsd: 0, modelMs: 0 },
    planned: true,
    tokens,
    plannedCalls: calls,
    answeredSeq: null,
  };
}

/** What the model said in a turn, for people. */
export const textOf = (row: Pick<StepRow, 'content'>): string =>
  row.content
    .filter((block) => block.type === 'text')
    .map(({ text }) => text)
    .join('\n\n')
    .trim();

const LONGEST_SUMMARY = 4_000;

/** What a run's last turn makes of its summary. */
export const summaryOf = (row: Pick<StepRow, 'content'>): string => cutText(textOf(row), LONGEST_SUMMARY);
