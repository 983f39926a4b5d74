import { describeError } from '../log.ts';
import type { HistoryStep } from '../store/runs/history.ts';
import type { NewEvent } from '../store/runs/move.ts';
import type { ToolCallRow } from '../store/runs/step.ts';
import { UNTAINTED } from '../store/runs/taint.ts';
import { getTool } from '../tools/catalog.ts';
import { type ValidatedCall, validateCall } from '../tools/execute.ts';
import { hashArguments, type Permission, permissionFor } from '../tools/policy.ts';
import { effectOf, failure, OutcomeUnknown, type Tool, type ToolResult } from '../tools/tool.ts';
import { type FailureVerdict, judgeToolFailure } from './decide.ts';
import { endedRow, endingEvents, startedEvent, toolContext } from './describe-call.ts';
import type { Engine } from './engine.ts';
import { LeaseLost } from './heartbeat.ts';
import { carryOutMarked } from './marked.ts';
import { pushIdOf } from './push.ts';
import type { Step } from './step.ts';
import { toolsOf } from './tools-of.ts';
import type { Work } from './work.ts';

/** A call of a turn with its row; `checked` is what the catalogue says of it, `permission` whether it may run. */
export interface Call {
  row: ToolCallRow;
  input: Record<string, unknown>;
  checked: ValidatedCall;
  permission: Permission;
}

const UNREADABLE =
  'The input of this call is not a JSON object, so nothing was done. Call the tool again, with valid JSON.';

/** What a call may ask for: what only the engine asks for, nobody else does. */
const namesFor = (id: string, tools: ReadonlyMap<string, Tool>, work: Work): string[] =>
  [...tools.values()].filter(({ byEngine }) => !byEngine || id === pushIdOf(work)).map(({ name }) => name);

/** Pairs the calls of a turn with rows, the planned ones where the step was planned before. */
export function callsOf(engine: Engine, work: Work, { row, plannedCalls }: Step): Call[] {
  const tools = toolsOf(work.context);
  return row.content
    .filter((block) => block.type === 'toolCall')
    .map((block, ordinal) => {
      const planned = plannedCalls.find((call) => call.ordinal === ordinal);
      const checked: ValidatedCall = block.unreadable
        ? { ok: false, message: UNREADABLE }
        : validateCall(
            block.name,
            block.input,
            namesFor(block.id, tools, work),
            (name) => tools.get(name) ?? getTool(name),
          );
      return {
        row: {
          id: planned?.id ?? engine.newId('call'),
          ordinal,
          providerCallId: block.id,
          name: block.name,
          state: planned?.state ?? 'planned',
          marked: planned?.marked ?? (checked.ok && effectOf(checked.tool, checked.input) === 'marked'),
          argumentsSha256: planned?.argumentsSha256 ?? null,
          askedBecause: planned?.askedBecause ?? null,
          output: planned?.output ?? null,
          result: null,
        },
        input: block.input,
        checked,
        permission: planned
          ? permissionOf(planned, checked, work)
          : permissionFor(checked, work.context.policies, work.taint),
      };
    });
}

/**
 * What was decided when the step was planned, which stays so: a message that came since changes nothing about what may be done already.
 */
function permissionOf(
  { askedBecause }: HistoryStep['calls'][number],
  checked: ValidatedCall,
  { context }: Work,
): Permission {
  return askedBecause
    ? { kind: 'ask', because: askedBecause }
    : permissionFor(checked, context.policies, UNTAINTED);
}

/** Whether a step is written down before it is carried out: it reaches the outside world, or asks the user first. */
export const needsPlan = (calls: readonly Call[]): boolean =>
  calls.some(
    ({ checked, permission }) =>
      permission.kind === 'ask' || (checked.ok && effectOf(checked.tool, checked.input) !== 'pure'),
  );

/** Whether a step waited for its user's word before any of its calls began: the plan has not told of their start. */
const asksUser = (calls: readonly Call[]): boolean =>
  calls.some(({ permission }) => permission.kind === 'ask');

/** The calls with their results, in order, and what there is to tell of them. */
export interface Done {
  kind: 'done';
  rows: ToolCallRow[];
  events: NewEvent[];
}

/**
 * The step cannot be finished now; what was carried out is found again when it is repeated. `unsent`: a marked call was
 * begun and certainly did not take effect.
 */
export interface Interrupted {
  kind: 'interrupted';
  call: Call;
  verdict: FailureVerdict;
  unsent: boolean;
}

/** Nobody can tell whether a call took effect: its user has the word. `wasFirst`: no earlier worker can have been past it. */
export interface Unknown {
  kind: 'unknown';
  call: Call;
  reason: string;
  wasFirst: boolean;
}

export type CarriedOut = Done | Interrupted | Unknown;

/**
 * Carries out a step's calls in order. A bad call, or one that fails in a way the model can act on, comes back as an
 * error result. After a cancel nothing starts; what was in flight ends and is recorded.
 *
 * @throws {LeaseLost} when the run was taken over; what the database throws when it does not take what came of a marked call
 */
export async function carryOut(
  engine: Engine,
  work: Work,
  calls: readonly Call[],
  step: Step,
): Promise<CarriedOut> {
  const isRepeated = step.plannedCalls.length > 0;
  const wasHeld = asksUser(calls);
  const rows: ToolCallRow[] = [];
  const events: NewEvent[] = [];
  for (const call of calls) {
    if (work.heartbeat.lease.aborted) throw new LeaseLost();
    if (work.heartbeat.run.aborted) {
      rows.push(stopped(call, isRepeated));
      continue;
    }
    if (isRecorded(call)) {
      rows.push(call.row);
      continue;
    }
    let result: ToolResult;
    try {
      const refusal = await refusalOf(call);
      if (!refusal && call.row.marked) {
        const outcome = await carryOutMarked(engine, work, call, step.row.createdAt, wasHeld);
        // Nobody goes past a marked call whose outcome is not written down.
        if (outcome.kind === 'unknown') return { ...outcome, call, wasFirst: true };
        if (outcome.kind === 'unsent')
          return { kind: 'interrupted', call, verdict: outcome.verdict, unsent: true };
        rows.push(outcome.kind === 'cancelled' ? stopped(call, isRepeated) : outcome.row);
        continue;
      }
      result = refusal ?? (await runCall(engine, work, call, step.row.createdAt));
    } catch (error) {
      if (work.heartbeat.lease.aborted) throw new LeaseLost();
      const verdict = judgeToolFailure(error, work.failures);
      if (verdict) return { kind: 'interrupted', call, verdict, unsent: false };
      if (error instanceof OutcomeUnknown) {
        return { kind: 'unknown', call, reason: error.message, wasFirst: !isRepeated };
      }
      // It has an answer for whatever its tool does. What is left is the database: nobody may say of a call that was sent that it failed.
      if (call.row.marked) throw error;
      engine.log.error('toolFailed', { runId: work.runId, tool: call.row.name, error: describeError(error) });
      result = failure('The tool failed unexpectedly. Try another way.');
    }
    rows.push(isDecided(call) ? call.row : endedRow(call, result));
    if (wasHeld && !isDecided(call)) events.push(startedEvent(work, call));
    events.push(...endingEvents(work, call, result));
  }
  return { kind: 'done', rows, events };
}

/** A marked call whose outcome is written down and told already. */
const isRecorded = ({ row }: Call): boolean => row.state === 'completed' || row.state === 'failed';

/** The user had the last word about the call: it does not run, or it is left as it is. */
const isDecided = ({ row }: Call): boolean => row.state === 'denied' || row.state === 'needsReview';

/** A call that a cancel came before. When an earlier worker may have carried it out, that is not known. */
const stopped = (call: Call, isRepeated: boolean): ToolCallRow => {
  const { row } = call;
  if (isDecided(call) || isRecorded(call)) return row;
  const wasNeverSent = !isRepeated || (row.marked && row.state !== 'executing' && row.output === null);
  return wasNeverSent
    ? { ...row, state: 'skipped', output: 'Not run: the user cancelled.' }
    : {
        ...row,
        state: 'needsReview',
        output: row.output ?? 'The user cancelled; whether this took effect before is not known.',
      };
};

/** Why a call is not run at all, as the model reads it. An approval holds for the very arguments it was given for. */
export async function refusalOf(call: Call): Promise<ToolResult | null> {
  const { row, input, permission } = call;
  if (isDecided(call)) return failure(row.output ?? 'The user denied this call.');
  if (permission.kind === 'refuse')
    return failure(`This agent may not use ${row.name}. Find another way, or say so.`);
  if (permission.kind === 'run' && row.argumentsSha256 === null) return null;
  // `executing` it became after that only: at the claim or, a marked one, when it was begun.
  const isApproved =
    (row.state === 'approved' || row.state === 'executing') &&
    row.argumentsSha256 === (await hashArguments(input));
  return isApproved ? null : failure('The user did not approve this call.');
}

/** The calls of a turn that was cut off: none of them runs, whole as some may look. */
export const cutOff = (calls: readonly Call[]): Done => ({
  kind: 'done',
  rows: calls.map(({ row }) => ({ ...row, state: 'skipped', output: 'Not run: your answer was cut off.' })),
  events: [],
});

async function runCall(
  engine: Engine,
  work: Work,
  { row, checked }: Call,
  plannedAt: string,
): Promise<ToolResult> {
  if (!checked.ok) return failure(checked.message);
  return checked.tool.run(toolContext(engine, work, row, plannedAt), checked.input);
}
