import type { DagDefinition } from '../dag/definition.ts';
import type { RunEvent } from '../events/types.ts';
import type { ScopedChanges } from '../memory/memory.ts';
import { type Charge, NOTHING_SPENT } from '../store/runs/budget.ts';
import { endRun, retryLater } from '../store/runs/end-attempt.ts';
import type { Moved, NewEvent } from '../store/runs/move.ts';
import { commitStep, planStep, type StepRow, type ToolCallRow } from '../store/runs/step.ts';
import type { AskedBecause, RunError } from '../store/states.ts';
import { hashArguments } from '../tools/policy.ts';
import { announce, BUDGET_SPEECH, CANCELLED, PAUSED, STUCK, WAITS_FOR_USER } from './announce.ts';
import type { Call, Done, Interrupted } from './carry-out.ts';
import { summaryOfPlan } from './dag/judge-plan.ts';
import { ACCESS_LOST, APPROVAL_TTL_MS, type FailureVerdict } from './decide.ts';
import { describeCall, startedEvent } from './describe-call.ts';
import type { Engine } from './engine.ts';
import { nextRun } from './next-run.ts';
import { progressIn } from './progress.ts';
import { type Step, summaryOf, textOf } from './step.ts';
import { brokenCallMicroUsd, nextPromptBound, stepCost } from './step-cost.ts';
import { isStuck } from './stuck.ts';
import { joined, newTaint } from './taint.ts';
import { changesAnything, NO_CHANGES, withoutMemories } from './unremembered.ts';
import { advanceWork, type Work } from './work.ts';
import { accepted, fence } from './write.ts';

/** What is told of a turn before its results: its text, and the calls it asked for. */
export function openingEvents(work: Work, step: Step, calls: readonly Call[]): NewEvent[] {
  // A summary is the model's own record, not an answer.
  const text = step.row.coversStepNo === null ? textOf(step.row) : '';
  return [
    ...(text ? [announce({ type: 'message.completed', data: { stepNo: work.stepNo, text } })] : []),
    ...calls.map((call) => startedEvent(work, call)),
  ];
}

/**
 * Writes the step and its calls down, once, before anything that reaches the outside world. With calls that need the user's
 * word the run waits from then on.
 *
 * @returns null when the step was planned before
 */
export async function plan(
  engine: Engine,
  work: Work,
  step: Step,
  calls: readonly Call[],
): Promise<Moved | null> {
  if (step.planned) return null;
  const until = new Date(engine.now() + APPROVAL_TTL_MS).toISOString();
  const asked = await Promise.all(
    calls.flatMap((call) =>
      call.permission.kind === 'ask' ? [askFor(engine, call, call.permission.because)] : [],
    ),
  );
  const requests = asked.map(({ call, row, approval }) =>
    announce({
      type: 'approval.requested',
      data: {
        approvalId: approval.id,
        expiresAt: until,
        ...describeCall(work, call),
        ...(row.askedBecause ? { because: row.askedBecause } : {}),
      },
    }),
  );
  const moved = accepted(
    engine,
    work,
    await planStep(engine.db, {
      ...fence(work),
      leaseMs: engine.settings.leaseMs,
      step: step.row,
      calls: calls.map((call) => plannedRow(call, asked)),
      approvals: asked.map(({ approval }) => approval),
      approvalTtlMs: APPROVAL_TTL_MS,
      events: openingEvents(work, step, asked.length > 0 ? [] : calls),
      outcomes: {
        cancelled: CANCELLED(),
        paused: [...requests, PAUSED()],
        waiting: [...requests, WAITS_FOR_USER('approval', until)],
      },
    }),
  );
  step.planned = true;
  return moved;
}

/**
 * Without approvals the worker begins with the calls right after the plan; with them, nobody does before the next claim.
 * Marked calls are begun one by one.
 */
function plannedRow({ row }: Call, asked: { call: Call; row: ToolCallRow }[]): ToolCallRow {
  if (asked.length === 0) return row.marked ? row : { ...row, state: 'executing' };
  return asked.find(({ call }) => call.row === row)?.row ?? row;
}

/** An approval for a call, bound to its arguments. */
async function askFor(engine: Engine, call: Call, askedBecause: AskedBecause) {
  const argumentsSha256 = await hashArguments(call.input);
  const row: ToolCallRow = { ...call.row, state: 'awaitingApproval', argumentsSha256, askedBecause };
  return { call, row, approval: { id: engine.newId('approval'), toolCallId: row.id, argumentsSha256 } };
}

/** What a worker wants of its run after a step: with an error, that it ends there and then. */
export type Intent = 'finish' | 'continue' | 'handOver' | { error: RunError };

/**
 * Commits the step; the row decides whether the run goes on, is handed over, waits, pauses or ends.
 *
 * @param dag what the run was to plan, with which it ends
 */
export async function commit(
  engine: Engine,
  work: Work,
  step: Step,
  calls: readonly Call[],
  done: Done,
  intent: Intent,
  dag: DagDefinition | null = null,
): Promise<Moved> {
  const error = typeof intent === 'object' ? intent.error : null;
  const summary = intent === 'finish' ? (dag ? summaryOfPlan(dag) : summaryOf(step.row)) : null;
  const taint = newTaint(
    work,
    calls,
    done.rows.map(({ state }) => state),
  );
  const changes = work.workspace.takeChanges();
  const memories = work.memory.takeChanges();
  const outputs = work.outputs.takeChanges();
  const commitWith = (kept: Done, stored: ScopedChanges) =>
    commitStep(engine.db, {
      ...fence(work),
      leaseMs: engine.settings.leaseMs,
      workspaceId: work.context.workspaceId,
      step: step.row,
      planned: step.planned,
      calls: kept.rows,
      changes,
      taint,
      memories: stored,
      outputs,
      ...(step.answeredSeq === null ? {} : { answeredSeq: step.answeredSeq }),
      ...progressIn(kept.events),
      ...(error === null && goesInCircles(work, step, kept) ? { stuck: STUCK(work.stepNo) } : {}),
      ...(dag ? { dag } : {}),
      ...(work.context.childExecutionId === null ? {} : { joined: true as const }),
      intent: typeof intent === 'object' ? 'fail' : intent,
      error,
      budget: {
        dailyLimitMicroUsd: engine.settings.dailyLimitMicroUsd,
        speech: BUDGET_SPEECH,
        nextStep: nextStepCost(work, step, kept.rows),
      },
      summary,
      events: step.planned ? kept.events : [...openingEvents(work, step, ranOf(calls, kept)), ...kept.events],
      outcomes: {
        completed: announce({ type: 'run.completed', data: { summary: summary ?? '' } }),
        cancelled: CANCELLED(),
        paused: PAUSED(),
        ...(error ? { failed: announce({ type: 'run.failed', data: error }) } : {}),
      },
      nextRun: nextRun(engine),
    });
  let kept = done;
  let written = await commitWith(done, memories);
  // Others have filled what it was to be kept in, or the run has another worker: the next statement tells.
  if (written === null && changesAnything(memories)) {
    kept = withoutMemories(work, calls, done);
    written = await commitWith(kept, NO_CHANGES);
  }
  const moved = accepted(engine, work, written);
  work.taint = joined(work.taint, taint);
  await advanceWork(engine, work, moved, step, kept.rows);
  return moved;
}

const ranOf = (calls: readonly Call[], { rows }: Done) =>
  calls.filter((_, ordinal) => rows[ordinal]?.state !== 'skipped');

/** Who plans has its tries, and nobody to ask. */
function goesInCircles({ context, run }: Work, { row }: Step, { rows }: Done): boolean {
  if (context.planning !== null) return false;
  const committed = run.steps.filter((earlier) => earlier.committed);
  return isStuck([...committed, { ...row, calls: rows }]);
}

/** The model gave no turn: the step is tried again later, or the run fails. What it had said stays readable (E11). */
export function putOffModel(
  engine: Engine,
  work: Work,
  call: BrokenCall,
  verdict: FailureVerdict,
): Promise<Moved> {
  const charge = chargeFor(work, call);
  const events = toldOf(work, call);
  if (verdict.kind === 'fail') return fail(engine, work, verdict.error, events, { charge });
  const { delayMs, reason } = verdict;
  return putOff(engine, work, delayMs, charge, {
    type: 'model.retrying',
    data: {
      stepNo: work.stepNo,
      failure: work.failures + 1,
      reason,
      retryAt: new Date(engine.now() + delayMs).toISOString(),
      ...(events.length > 0 ? { interruptedText: call.text } : {}),
    },
  });
}

/** A tool's service is away: the planned step is repeated later, or the run fails. */
export function putOffTool(
  engine: Engine,
  work: Work,
  { call, verdict, unsent }: Interrupted,
): Promise<Moved> {
  if (verdict.kind === 'fail') {
    const paid = { charge: NOTHING_SPENT, unsent: unsent ? call.row.id : undefined };
    return fail(engine, work, verdict.error, [], paid);
  }
  const { toolCallId, stepNo, name } = describeCall(work, call);
  const { delayMs, reason } = verdict;
  const retryAt = new Date(engine.now() + delayMs).toISOString();
  const event: RunEvent = {
    type: 'toolCall.retrying',
    data: { toolCallId, stepNo, name, failure: work.failures + 1, reason, retryAt },
  };
  return putOff(engine, work, delayMs, NOTHING_SPENT, event, unsent ? toolCallId : undefined);
}

/** The user cancelled while the model spoke. */
export async function stop(engine: Engine, work: Work, call: BrokenCall): Promise<Moved> {
  const moved = await endRun(engine.db, {
    ...fence(work),
    error: null,
    charge: chargeFor(work, call),
    events: toldOf(work, call),
    outcomes: { cancelled: CANCELLED() },
    nextRun: nextRun(engine),
  });
  return accepted(engine, work, moved);
}

/** The model would not go on. Its turn was paid for but is no part of the conversation. */
export function decline(engine: Engine, work: Work, step: Step, error: RunError): Promise<Moved> {
  const refused = { ...step.row, coversStepNo: null, content: [] };
  return fail(engine, work, error, openingEvents(work, step, []), { step: refused });
}

/** The agent's repository is out of reach before the model is even asked. */
export const loseAccess = (engine: Engine, work: Work): Promise<Moved> =>
  fail(engine, work, ACCESS_LOST, [], { charge: NOTHING_SPENT });

/** The user's own key was sealed with another key: to go on with the deployment's would be at somebody else's cost. */
export const loseKey = (engine: Engine, work: Work): Promise<Moved> =>
  fail(
    engine,
    work,
    {
      code: 'modelRejected',
      message: `Your own key for ${work.context.provider} cannot be opened any more. Set it again.`,
    },
    [],
    { charge: NOTHING_SPENT },
  );

/** A deploy has taken the run's model away: asking it would cost what nobody could account for. */
export const loseModel = (engine: Engine, work: Work): Promise<Moved> =>
  fail(
    engine,
    work,
    {
      code: 'modelRejected',
      message: `The model ${work.context.model} is no longer offered. Choose another one.`,
    },
    [],
    { charge: NOTHING_SPENT },
  );

async function putOff(
  engine: Engine,
  work: Work,
  delayMs: number,
  charge: Charge,
  event: RunEvent,
  unsent?: string,
): Promise<Moved> {
  const moved = await retryLater(engine.db, {
    ...fence(work),
    delayMs,
    unsent,
    charge,
    events: [announce(event)],
    outcomes: { cancelled: CANCELLED(), paused: PAUSED() },
  });
  return accepted(engine, work, moved);
}

async function fail(
  engine: Engine,
  work: Work,
  error: RunError,
  events: NewEvent[],
  paid: { step: StepRow } | { charge: Charge; unsent?: string | undefined },
): Promise<Moved> {
  const moved = await endRun(engine.db, {
    ...fence(work),
    error,
    ...paid,
    events,
    outcomes: { cancelled: CANCELLED(), failed: announce({ type: 'run.failed', data: error }) },
    nextRun: nextRun(engine),
  });
  return accepted(engine, work, moved);
}

/** A call of the model that gave no turn: what its prompt had at the most, and the text that came. */
export interface BrokenCall {
  text: string;
  begun: boolean;
  promptTokens: number;
  /** The text was for the model itself. */
  isSilent?: boolean;
}

export const toldOf = (work: Work, { text, isSilent }: BrokenCall): NewEvent[] =>
  isSilent ? [] : interrupted(work, text);

/** A call that the provider refused is not billed; of one that broke off, even before it said anything, nobody knows what it cost. */
export const chargeFor = (work: Work, { text, begun, promptTokens }: BrokenCall): Charge =>
  begun ? { microUsd: brokenCallMicroUsd(work.model, promptTokens, text), isEstimate: true } : NOTHING_SPENT;

const nextStepCost = ({ model }: Work, { tokens, row }: Step, calls: readonly ToolCallRow[]) =>
  stepCost(
    model,
    nextPromptBound(model, {
      tokens,
      content: row.content,
      outputs: [...calls.map(({ output }) => output), row.note ?? null],
    }),
  );

export const interrupted = (work: Work, text: string): NewEvent[] =>
  text
    ? [announce({ type: 'message.completed', data: { stepNo: work.stepNo, text, interrupted: true } })]
    : [];
