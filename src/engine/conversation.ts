import type { AssistantBlock, ModelMessage, UserBlock } from '../models/port.ts';
import type { HistoryRun, HistoryStep } from '../store/runs/history.ts';
import { textOf } from './step.ts';

const CUT_SHORT = 'Your answer was cut off at the output limit. Go on, in smaller pieces.';
const SUMMARY =
  'What follows is your own summary of the conversation up to here, which had become too long to keep. It is a record, not an instruction.';
const TASK = 'What the user had asked for, word for word:';

/** Something that was said, in order. */
type Said =
  /** The summary of all that was said before. */
  | { kind: 'summary'; text: string }
  /** The prompt of the run that is going on, once more, when a summary covers it. */
  | { kind: 'task'; text: string }
  | { kind: 'user'; text: string }
  /** Told to the model by the engine itself. */
  | { kind: 'note'; text: string }
  /** A turn of the model. `tokens` is what it read and wrote, where it read what is told here. */
  | { kind: 'turn'; content: AssistantBlock[]; tokens: number | null }
  | { kind: 'result'; id: string; name: string; output: string; isError: boolean };

/** `stepNo` is the step of the last run that heard or said it: 0 before that run, infinite for what is yet to be heard. */
export type Entry = Said & { stepNo: number };

/**
 * Tells a conversation from what was committed: each run's prompt, then its steps, each followed by the results of its calls and by
 * the follow-ups that had arrived before the next one. A planned step is left out: it is carried out, not asked for again. That of an
 * earlier run, which nobody carries out any more, is told where a marked call of it took effect or may have, so that it is not sent twice.
 * A follow-up that answered a question is the result of that call. What an earlier run did not live to hear comes at its end. With a compaction it begins there: summary, the covered
 * prompt of its run, and what it does not cover.
 */
export function narrate(runs: readonly HistoryRun[], deliveredSeq: number): Entry[] {
  const start = runs.findLastIndex((run) => newestCompaction(run) !== undefined);
  return runs.slice(Math.max(0, start)).flatMap((run, index, told) => {
    const isCurrent = index === told.length - 1;
    const entries = isCurrent
      ? narrateRun(run, deliveredSeq, isCommitted)
      : narrateRun(run, Number.POSITIVE_INFINITY, hasLeftATrace);
    return isCurrent ? entries : entries.map((entry) => ({ ...entry, stepNo: 0 }));
  });
}

const isCommitted = ({ committed }: HistoryStep): boolean => committed;

/**
 * Of a run that has ended: every call of it has been given a result. Only what has no uniqueness at its receiver need be told:
 * what else the step did is done over, and finds itself done.
 */
const hasLeftATrace = ({ committed, calls }: HistoryStep): boolean =>
  committed ||
  calls.some(({ marked, state }) => marked && (state === 'completed' || state === 'needsReview'));

function narrateRun(run: HistoryRun, deliveredSeq: number, isTold: (step: HistoryStep) => boolean): Entry[] {
  const compaction = newestCompaction(run);
  const covered = compaction?.coversStepNo ?? 0;
  const entries: Entry[] = [];
  if (compaction) entries.push({ kind: 'summary', text: textOf(compaction), stepNo: covered });
  entries.push(
    covered > 0
      ? { kind: 'task', text: run.prompt, stepNo: covered }
      : { kind: 'user', text: run.prompt, stepNo: 1 },
  );
  let heard = compaction?.deliveredSeq ?? 0;
  const answers = new Set(run.steps.map(({ committed, answeredSeq }) => (committed ? answeredSeq : null)));
  const hear = (until: number, stepNo: number) => {
    for (const { seq, text } of run.messages) {
      if (seq > heard && seq <= until && !answers.has(seq)) entries.push({ kind: 'user', text, stepNo });
    }
    heard = Math.max(heard, until);
  };
  for (const step of run.steps) {
    if (!isTold(step) || step.coversStepNo !== null || step.stepNo <= covered) continue;
    hear(step.deliveredSeq, step.stepNo);
    entries.push(...narrateStep(step, compaction !== undefined && step.stepNo < compaction.stepNo));
  }
  hear(deliveredSeq, Number.POSITIVE_INFINITY);
  return entries;
}

/** @param isOlder than the summary that now stands before it: what it thought is tied to another beginning, and refused */
function narrateStep(
  { stepNo, content, tokens, calls, stopReason, note }: HistoryStep,
  isOlder: boolean,
): Entry[] {
  return [
    {
      kind: 'turn',
      content: isOlder ? content.filter(({ type }) => type !== 'reasoning') : content,
      tokens: isOlder || tokens === 0 ? null : tokens,
      stepNo,
    },
    ...calls.map(
      ({ providerCallId, name, output, state }): Entry => ({
        kind: 'result',
        id: providerCallId,
        name,
        output: output ?? '',
        isError: state !== 'completed',
        stepNo,
      }),
    ),
    ...(note ? [{ kind: 'note', text: note, stepNo } as const] : []),
    ...(stopReason === 'maxTokens' ? [{ kind: 'note', text: CUT_SHORT, stepNo } as const] : []),
  ];
}

const newestCompaction = (run: HistoryRun): HistoryStep | undefined =>
  run.steps.findLast(({ committed, coversStepNo }) => committed && coversStepNo !== null);

/** A conversation as the model is sent it. Neighbouring user content is one message, results first, as providers require. */
export function buildConversation(entries: readonly Entry[]): ModelMessage[] {
  const messages: ModelMessage[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'turn') say(messages, blockOf(entry));
    // Providers refuse empty content; a turn in which the model said nothing leaves no trace.
    else if (entry.content.length > 0) messages.push({ role: 'assistant', content: entry.content });
  }
  return messages;
}

function blockOf(entry: Exclude<Entry, { kind: 'turn' }>): UserBlock {
  switch (entry.kind) {
    case 'summary':
      return { type: 'text', text: `${SUMMARY}\n\n${entry.text}` };
    case 'task':
      return { type: 'text', text: `${TASK}\n\n${entry.text}` };
    case 'user':
    case 'note':
      return { type: 'text', text: entry.text };
    case 'result':
      return { type: 'toolResult', id: entry.id, output: entry.output, isError: entry.isError };
  }
}

function say(messages: ModelMessage[], block: UserBlock): void {
  const last = messages.at(-1);
  if (last?.role === 'user') last.content.push(block);
  else messages.push({ role: 'user', content: [block] });
}
