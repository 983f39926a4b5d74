import { cutText } from '../cut-text.ts';
import type { RunContext } from '../store/runs/history.ts';
import type { Moved } from '../store/runs/move.ts';
import type { ToolCallRow } from '../store/runs/step.ts';
import type { RunError } from '../store/states.ts';
import { SUBMIT_RESULT } from '../tools/submit-result.ts';
import { announce } from './announce.ts';
import type { Done } from './carry-out.ts';
import type { Engine } from './engine.ts';
import { commit } from './settle-step.ts';
import type { Step } from './step.ts';
import { isInvalidResult, type Work } from './work.ts';

/** Whether a run may end: if not, what its model is told, or why nobody waits for it any longer. */
type Acceptance = { kind: 'ok' } | { kind: 'tell'; text: string } | { kind: 'fail'; error: RunError };

/** What an end is judged by. */
interface Ending {
  context: Pick<RunContext, 'kind' | 'outputSchema' | 'refusedEnds' | 'invalidResults'>;
  workspace: Pick<Work['workspace'], 'search'>;
  outputs: Pick<Work['outputs'], 'hasResult'>;
}

/** What a run has to bring and has not: what the model is told of it so often at the most, and then the run's error. */
interface Missing {
  text: string;
  most: number;
  error: RunError;
}

const LONGEST_MESSAGE = 300;

/** So often a model is told what is wrong with the files of a backend. */
const MAX_REFUSED_ENDS = 5;
/** So often that it has not handed in its result. */
const MAX_TOLD_OF_RESULT = 2;
/** So many results may not fit. */
const MAX_INVALID_RESULTS = 3;

/** Whether a run may end with what its model has said last. */
export async function accept(work: Ending): Promise<Acceptance> {
  const missing = (await missingFiles(work)) ?? missingResult(work);
  if (missing === null) return { kind: 'ok' };
  return work.context.refusedEnds < missing.most
    ? { kind: 'tell', text: missing.text }
    : { kind: 'fail', error: missing.error };
}

async function missingFiles({
  context,
  workspace,
}: Pick<Ending, 'context' | 'workspace'>): Promise<Missing | null> {
  switch (context.kind) {
    case 'agent':
      return null;
    case 'generator': {
      // The parser is paid for by who needs it.
      const { checkProject, describeProblems } = await import('../project/check-project.ts');
      const problems = checkProject(await workspace.search());
      if (problems.length === 0) return null;
      const text = describeProblems(problems);
      const message = cutText(`What was made does not pass its check. ${text}`, LONGEST_MESSAGE);
      return { text, most: MAX_REFUSED_ENDS, error: { code: 'resultRefused', message } };
    }
  }
}

function missingResult({ context, outputs }: Pick<Ending, 'context' | 'outputs'>): Missing | null {
  if (context.outputSchema === null || outputs.hasResult()) return null;
  return {
    text: `The result is missing: hand it in with ${SUBMIT_RESULT}.`,
    most: MAX_TOLD_OF_RESULT,
    error: { code: 'resultMissing', message: 'The model ended without the result that it was asked for.' },
  };
}

/** Why a run is not to go on after a step: too many results did not fit, and none did. */
export function whyGivenUp(
  { context, outputs }: Pick<Ending, 'context' | 'outputs'>,
  rows: readonly ToolCallRow[],
): RunError | null {
  const invalid = rows.filter(isInvalidResult);
  const last = invalid.at(-1);
  if (!last || outputs.hasResult()) return null;
  if (context.invalidResults + invalid.length < MAX_INVALID_RESULTS) return null;
  const message = `${MAX_INVALID_RESULTS} results did not fit. ${last.output ?? ''}`.trim();
  return { code: 'resultInvalid', message: cutText(message, LONGEST_MESSAGE) };
}

/**
 * Commits a step with which the model wants to end, as far as that is accepted. If it is not, the step is committed with what is missing, which
 * the model reads next; after too many of these the run has failed.
 *
 * @throws {LeaseLost} when the run was taken over
 */
export async function end(
  engine: Engine,
  work: Work,
  step: Step,
  accepted: Acceptance,
  isLast: () => boolean,
): Promise<Moved> {
  const nothing: Done = { kind: 'done', rows: [], events: [] };
  switch (accepted.kind) {
    case 'ok':
      return commit(engine, work, step, [], nothing, 'finish');
    case 'fail':
      return commit(engine, work, step, [], nothing, { error: accepted.error });
    case 'tell': {
      const { text } = accepted;
      const message = cutText(text, LONGEST_MESSAGE);
      const refused = announce({ type: 'result.refused', data: { stepNo: work.stepNo, message } });
      const told = { ...step, row: { ...step.row, note: `You cannot end yet. ${text}` } };
      return commit(
        engine,
        work,
        told,
        [],
        { ...nothing, events: [refused] },
        isLast() ? 'handOver' : 'continue',
      );
    }
  }
}
