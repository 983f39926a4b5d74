import { cutText } from '../cut-text.ts';
import type { Moved } from '../store/runs/move.ts';
import type { RunError } from '../store/states.ts';
import { announce } from './announce.ts';
import type { Engine } from './engine.ts';
import { commit, fail, openingEvents } from './settle-step.ts';
import type { Step } from './step.ts';
import type { Work } from './work.ts';

/** So often the model is told what is missing. */
const MAX_REFUSED_ENDS = 5;

const LONGEST_MESSAGE = 300;

/** What a run of the kind has to bring before it may end; null when all of it is there. What it says is for the model. */
export async function whatIsMissing({ context, workspace }: Work): Promise<string | null> {
  switch (context.kind) {
    case 'agent':
      return null;
    case 'generator': {
      // The parser is paid for by who needs it.
      const { checkProject, describeProblems } = await import('../project/check-project.ts');
      const problems = checkProject(await workspace.search());
      return problems.length === 0 ? null : describeProblems(problems);
    }
  }
}

/**
 * Sends the model back to work: the step is committed with what is missing, which the model reads next. After too many of these the
 * run has failed.
 *
 * @throws {LeaseLost} when the run was taken over
 */
export async function refuseEnd(
  engine: Engine,
  work: Work,
  step: Step,
  missing: string,
  isLast: () => boolean,
): Promise<Moved> {
  const { context, stepNo } = work;
  if (context.refusedEnds >= MAX_REFUSED_ENDS) {
    return fail(engine, work, refused(missing), openingEvents(work, step, []), { step: step.row });
  }
  const message = cutText(missing, LONGEST_MESSAGE);
  const done = {
    kind: 'done' as const,
    rows: [],
    events: [announce({ type: 'result.refused', data: { stepNo, message } })],
  };
  const note = `You cannot end yet. ${missing}`;
  const intent = isLast() ? 'handOver' : 'continue';
  const moved = await commit(engine, work, { ...step, row: { ...step.row, note } }, [], done, intent);
  context.refusedEnds += 1;
  return moved;
}

const refused = (missing: string): RunError => ({
  code: 'resultRefused',
  message: cutText(`What was made does not pass its check. ${missing}`, LONGEST_MESSAGE),
});
