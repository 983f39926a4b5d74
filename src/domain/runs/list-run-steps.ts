import { textOf } from '../../engine/step.ts';
import type { Listed } from '../../store/bounded-page.ts';
import { listSteps, type RecordedCall, type RecordedStep } from '../../store/step-reads.ts';
import type { Context } from '../context.ts';
import { getRun } from './get-run.ts';

/** A model turn as people look at it: what it said, what it called with which arguments, and what came of that. */
export interface Step extends Omit<RecordedStep, 'content' | 'calls'> {
  text: string;
  toolCalls: (Omit<RecordedCall, 'providerCallId'> & { input: Record<string, unknown> })[];
}

/**
 * A run's steps behind one, in order.
 *
 * @throws {AppError} notFound
 */
export async function listRunSteps(
  context: Context,
  { organisationId, runId, ...page }: { organisationId: string; runId: string; after: number; limit: number },
): Promise<Listed<Step, number>> {
  await getRun(context, { organisationId, runId });
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
