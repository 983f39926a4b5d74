import { cutText } from '../cut-text.ts';
import { titleOf } from '../project/push-files.ts';
import type { ToolCallRow } from '../store/runs/step.ts';
import type { RunError } from '../store/states.ts';
import { PUSH_BACKEND } from '../tools/push-backend.ts';
import type { Step } from './step.ts';
import type { Work } from './work.ts';

const LONGEST_MESSAGE = 300;

/** The id of the call that the engine itself asks for; no provider gives one like it, and none takes one of more than 40 characters. */
export const pushIdOf = ({ runId, stepNo }: Pick<Work, 'runId' | 'stepNo'>): string =>
  `push_${runId.replace(/^run_/, '')}_${stepNo}`;

/**
 * The same turn with the call that pushes what was written, as if its model had asked for it: so it is planned before it is sent, and whoever takes the run over
 * carries out this plan, with these files.
 */
export const withPush = (work: Work, step: Step): Step => {
  const call = {
    type: 'toolCall',
    id: pushIdOf(work),
    name: PUSH_BACKEND,
    input: { title: titleOf(work.run.prompt) },
  } as const;
  return { ...step, row: { ...step.row, content: [...step.row.content, call] } };
};

type Called = Pick<ToolCallRow, 'name' | 'state'>;

/** Whether a step has pushed what was written, with which its run ends. */
export const hasPushed = (calls: readonly Called[]): boolean =>
  calls.some(({ name, state }) => name === PUSH_BACKEND && state === 'completed');

/** Why a run ends with a step whose push was refused. */
export function refusedPush(work: Work, rows: readonly ToolCallRow[]): RunError | null {
  const id = pushIdOf(work);
  const refused = rows.find(({ providerCallId, state }) => providerCallId === id && state === 'failed');
  return refused ? { code: 'pushRefused', message: cutText(refused.output ?? '', LONGEST_MESSAGE) } : null;
}
