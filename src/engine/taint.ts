import type { Taint } from '../store/runs/taint.ts';
import type { Call } from './carry-out.ts';
import type { Work } from './work.ts';

const HAS_RUN: ReadonlySet<string> = new Set(['completed', 'failed', 'needsReview']);

/**
 * What the results of calls let into the conversation that the run has not read before. The calls of one turn were all written before
 * any of them had a result, so it counts from the next turn on.
 */
export function newTaint({ context, taint }: Work, calls: readonly Call[], states: readonly string[]): Taint {
  const read = calls.flatMap(({ checked, permission }, ordinal) =>
    checked.ok && permission.kind !== 'refuse' && HAS_RUN.has(states[ordinal] ?? '')
      ? [checked.tool.trust]
      : [],
  );
  const isPrivate = context.repository !== null && context.isPrivate;
  return {
    private:
      !taint.private &&
      read.some(({ readsPrivate }) => (readsPrivate === 'repository' ? isPrivate : readsPrivate)),
    untrusted: !taint.untrusted && read.some(({ readsUntrusted }) => readsUntrusted),
  };
}

/** Both of what they say. */
export const joined = (one: Taint, other: Taint): Taint => ({
  private: one.private || other.private,
  untrusted: one.untrusted || other.untrusted,
});
