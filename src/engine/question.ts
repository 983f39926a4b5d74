import { askUser, waitForAnswer } from '../store/runs/ask.ts';
import type { Moved, NewEvent } from '../store/runs/move.ts';
import type { Question } from '../store/states.ts';
import { readAnswer } from '../tools/ask-user.ts';
import { announce, CANCELLED, PAUSED, WAITS_FOR_INPUT } from './announce.ts';
import type { Call, Done } from './carry-out.ts';
import { describeCall, endedRow, endingEvents } from './describe-call.ts';
import type { Engine } from './engine.ts';
import { commit, openingEvents } from './settle-step.ts';
import type { Step } from './step.ts';
import { hear, lookForMessages, type Work } from './work.ts';
import { accepted, fence } from './write.ts';

type Asking = { call: Call; question: Question };

/** The question that a turn puts to the user, when it asks one and does nothing else. */
export function questionOf(calls: readonly Call[]): Asking | null {
  const [call, ...others] = calls;
  if (!call || others.length > 0 || !call.checked.ok || call.permission.kind !== 'run') return null;
  const question = call.checked.tool.question?.(call.checked.input);
  return question ? { call, question } : null;
}

/** The first thing the user said since the run asked, as far as this worker has heard. */
const answerOf = ({ context, run }: Work) => {
  const { askedSeq } = context;
  return askedSeq === null ? undefined : run.messages.find(({ seq }) => seq > askedSeq);
};

/** Whether the run asked its user and there is no answer: the one that woke it was withdrawn before a worker took it. */
export const isUnanswered = (work: Work): boolean => work.context.askedSeq !== null && !answerOf(work);

/**
 * Puts a question to the user, or takes up its answer, which becomes the result of the call. A user who has written meanwhile
 * is not asked: the model hears that first.
 *
 * @throws {LeaseLost} when the run was taken over
 */
export async function askOrAnswer(
  engine: Engine,
  work: Work,
  step: Step,
  { call, question }: Asking,
  isLast: () => boolean,
): Promise<Moved> {
  if (!step.planned) {
    const asked = await ask(engine, work, step, { call, question });
    if (asked.status !== 'running') return asked;
    step.planned = true;
    // What the run asked before, and its user has said to that, is over.
    work.context.askedSeq = null;
  }
  const answer = answerOf(work);
  if (work.context.askedSeq === null) {
    const asked = await askAfterAll(engine, work, step, { call, question });
    if (asked) return asked;
  }
  const done = answer ? answered(work, { call, question }, answer.text) : notPut(call);
  const intent = isLast() ? 'handOver' : 'continue';
  return commit(engine, work, { ...step, answeredSeq: answer?.seq ?? null }, [call], done, intent);
}

async function ask(engine: Engine, work: Work, step: Step, { call, question }: Asking): Promise<Moved> {
  const moved = await askUser(engine.db, {
    ...fence(work),
    leaseMs: engine.settings.leaseMs,
    step: step.row,
    call: { ...call.row, state: 'awaitingInput' },
    events: openingEvents(work, step, []),
    question: questionEvent(work, { call, question }),
    outcomes: { cancelled: CANCELLED(), paused: PAUSED(), waiting: WAITS_FOR_INPUT() },
  });
  return accepted(engine, work, moved);
}

function questionEvent(work: Work, { call, question: { text, choices } }: Asking): NewEvent {
  const { toolCallId, stepNo } = describeCall(work, call);
  return announce({
    type: 'question.asked',
    data: { toolCallId, stepNo, question: text, ...(choices ? { choices } : {}) },
  });
}

/**
 * Puts a question that was kept back by messages of which none is left: they were withdrawn before anybody heard them.
 *
 * @returns null when there is something for the model to hear first
 */
async function askAfterAll(engine: Engine, work: Work, { row }: Step, asking: Asking): Promise<Moved | null> {
  for (;;) {
    await lookForMessages(engine, work);
    if (work.run.messages.some(({ seq }) => seq > row.deliveredSeq)) return null;
    const moved = await letWait(engine, work, questionEvent(work, asking));
    if (moved.status !== 'running') return moved;
  }
}

function answered(work: Work, { call, question }: Asking, text: string): Done {
  const answer = readAnswer(text, question.choices);
  return { kind: 'done', rows: [endedRow(call, answer)], events: endingEvents(work, call, answer) };
}

const notPut = ({ row }: Call): Done => ({
  kind: 'done',
  rows: [
    {
      ...row,
      state: 'skipped',
      output:
        'Not asked: the user has just written something. Read that first, and ask again if you still have to.',
    },
  ],
  events: [],
});

/**
 * Lets the run wait for its user again, whose answer was taken back. A message that has come in since is taken instead.
 *
 * @throws {LeaseLost} when the run was taken over
 */
export async function waitAgain(engine: Engine, work: Work): Promise<Moved> {
  const moved = await letWait(engine, work);
  await hear(engine, work, moved);
  return moved;
}

async function letWait(engine: Engine, work: Work, question?: NewEvent): Promise<Moved> {
  const moved = await waitForAnswer(engine.db, {
    ...fence(work),
    leaseMs: engine.settings.leaseMs,
    inboxSeq: work.inboxSeq,
    ...(question ? { question } : {}),
    outcomes: { cancelled: CANCELLED(), paused: PAUSED(), waiting: WAITS_FOR_INPUT() },
  });
  return accepted(engine, work, moved);
}
