import { cutText } from '../../cut-text.ts';
import { type DagDefinition, dagSchema } from '../../dag/definition.ts';
import type { ToolCallRow } from '../../store/runs/step.ts';
import type { RunError } from '../../store/states.ts';
import { SUBMIT_DAG } from '../../tools/submit-dag.ts';
import type { Done } from '../carry-out.ts';
import { type Step, textOf } from '../step.ts';
import type { Work } from '../work.ts';

/** A plan that cannot be executed goes back to the model twice. */
const MOST_TRIES = 3;
const LONGEST_REASON = 1_000;

const isTaken = ({ name, state }: ToolCallRow): boolean => name === SUBMIT_DAG && state === 'completed';

/** The DAG that a step of a run that plans has handed in, if it can be executed. */
export function handedIn({ context }: Pick<Work, 'context'>, done: Done): DagDefinition | null {
  if (context.planning === null) return null;
  const taken = done.rows.find(isTaken);
  const parsed = dagSchema.safeParse(taken?.result?.dag);
  return parsed.success ? parsed.data : null;
}

/**
 * Why a run that plans ends with a step and without a DAG: it has had its tries, or has answered with words instead of a plan, which is
 * how a model declines. Each turn counts as a try; what a user says starts them anew.
 */
export function refusedPlan(
  { context, run }: Pick<Work, 'context' | 'run'>,
  { row }: Pick<Step, 'row'>,
  { rows }: Done,
): RunError | null {
  if (context.planning === null || rows.some(isTaken)) return null;
  const heard = Math.max(0, ...run.messages.map(({ seq }) => seq));
  const earlier = run.steps.filter(
    ({ committed, coversStepNo, deliveredSeq }) =>
      committed && coversStepNo === null && deliveredSeq >= heard,
  );
  const declined = rows.length === 0 && row.stopReason === 'endTurn';
  if (!declined && earlier.length + 1 < MOST_TRIES) return null;
  const reason = declined ? textOf(row) : rows.map(({ output }) => output ?? '').join('\n');
  const said = declined
    ? 'The model gave no plan.'
    : `After ${MOST_TRIES} tries there is no plan that can be executed.`;
  return { code: 'planInvalid', message: cutText(`${said} ${reason}`.trim(), LONGEST_REASON) };
}

/** How a planning is summed up, for people. */
export const summaryOfPlan = ({ name, nodes }: DagDefinition): string =>
  `Planned "${name}": ${nodes.length === 1 ? 'one node' : `${nodes.length} nodes`}.`;
