import { canonicalJson } from '../canonical-json.ts';
import type { HistoryStep } from '../store/runs/history.ts';

/** So many steps in a row that did the same and learnt the same are not one of patience. */
export const STUCK_STEPS = 3;

type DoneStep = Pick<HistoryStep, 'content' | 'deliveredSeq'> & {
  calls: readonly Pick<HistoryStep['calls'][number], 'providerCallId' | 'output'>[];
};

/**
 * Whether a run goes in circles: its last steps made the same calls and got the same results, and its user has said nothing
 * in between. Steps without calls never do.
 *
 * @param steps those that were committed, in order, with the one about to be
 */
export function isStuck(steps: readonly DoneStep[]): boolean {
  const last = steps.slice(-STUCK_STEPS);
  const [first, ...others] = last;
  if (!first || last.length < STUCK_STEPS || first.calls.length === 0) return false;
  if (others.some(({ deliveredSeq }) => deliveredSeq !== first.deliveredSeq)) return false;
  const done = whatWasDone(first);
  return others.every((step) => whatWasDone(step) === done);
}

/** The calls of a step with their results, as text to compare. */
const whatWasDone = ({ content, calls }: DoneStep): string =>
  canonicalJson(
    content
      .filter((block) => block.type === 'toolCall')
      .map(({ id, name, input }) => [
        name,
        input,
        calls.find(({ providerCallId }) => providerCallId === id)?.output ?? null,
      ]),
  );
