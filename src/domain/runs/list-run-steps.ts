import { textOf } from '../../engine/step.ts';
import type { StopReason } from '../../models/port.ts';
import type { Listed } from '../../store/bounded-page.ts';
import type { Usage } from '../../store/run-reads.ts';
import type { ToolCallState } from '../../store/states.ts';
import { listSteps, type RecordedStep } from '../../store/step-reads.ts';
import type { Context } from '../context.ts';
import { getRun } from './get-run.ts';

/** A model turn as people look at it: what it said, what it called and what came of that. */
export interface Step {
  stepNo: number;
  text: string;
  toolCalls: {
    id: string;
    name: string;
    input: Record<string, unknown>;
    state: ToolCallState;
    output: string | null;
    result: Record<string, unknown> | null;
  }[];
  stopReason: StopReason;
  usage: Usage;
  costUsd: number;
  modelMs: number;
  createdAt: string;
  committedAt: string | null;
}

/**
 * A run's steps behind one, in order.
 *
 * @throws {AppError} notFound
 */
export async function listRunSteps(
  context: Context,
  { userId, runId, ...page }: { userId: string; runId: string; after: number; limit: number },
): Promise<Listed<Step, number>> {
  await getRun(context, { userId, runId });
  const { items, next } = await listSteps(context.db, { runId, ...page });
  return { items: items.map(toStep), next };
}

function toStep({ content, calls, ...step }: RecordedStep): Step {
  const inputs = new Map(
    content.flatMap((block) => (block.type === 'toolCall' ? [[block.id, block.input] as const] : [])),
  );
  return {
    ...step,
    text: textOf({ content }),
    toolCalls: calls.map(({ providerCallId, ...call }) => ({
      ...call,
      input: inputs.get(providerCallId) ?? {},
    })),
  };
}
