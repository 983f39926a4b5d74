import { cutText } from '../cut-text.ts';
import { describeError } from '../log.ts';
import type { NewEvent } from '../store/runs/move.ts';
import type { ToolCallRow } from '../store/runs/step.ts';
import { type ValidatedCall, validateCall } from '../tools/execute.ts';
import { hashArguments, type Permission, permissionFor } from '../tools/policy.ts';
import { failure, type ToolResult } from '../tools/tool.ts';
import { announce } from './announce.ts';
import { type FailureVerdict, judgeToolFailure } from './decide.ts';
import type { Engine } from './engine.ts';
import { LeaseLost } from './heartbeat.ts';
import type { Step } from './step.ts';
import type { Work } from './work.ts';

/** Events are bounded in size, whatever a call is about and whatever came of it. */
const LONGEST_SUBJECT = 200;
const LONGEST_MESSAGE = 300;

/** A call of a turn with its row; `checked` is what the catalogue says of it, `permission` what the agent's policies say. */
export interface Call {
  row: ToolCallRow;
  input: Record<string, unknown>;
  checked: ValidatedCall;
  permission: Permission;
}

/** Pairs the calls of a turn with rows, the planned ones where the step was planned before. */
export function callsOf(engine: Engine, work: Work, { row, plannedCalls }: Step): Call[] {
  return row.content
    .filter((block) => block.type === 'toolCall')
    .map((block, ordinal) => {
      const planned = plannedCalls.find((call) => call.ordinal === ordinal);
      const checked = validateCall(block.name, block.input, work.context.tools);
      return {
        row: {
          id: planned?.id ?? engine.newId('call'),
          ordinal,
          providerCallId: block.id,
          name: block.name,
          state: planned?.state ?? 'planned',
          argumentsSha256: planned?.argumentsSha256 ?? null,
          output: planned?.output ?? null,
          result: null,
        },
        input: block.input,
        checked,
        permission: permissionFor(checked, work.context.policies),
      };
    });
}

/** Whether a step is written down before it is carried out: it reaches the outside world, or asks the user first. */
export const needsPlan = (calls: readonly Call[]): boolean =>
  calls.some(
    ({ checked, permission }) => permission === 'ask' || (checked.ok && checked.tool.effect !== 'pure'),
  );

/** What people see of a call: its tool and what it is about. */
export function describeCall(work: Work, { row, checked }: Call) {
  const subject = checked.ok ? checked.tool.subject?.(checked.input) : undefined;
  return {
    toolCallId: row.id,
    stepNo: work.stepNo,
    name: row.name,
    ...(subject === undefined ? {} : { subject: cutText(subject, LONGEST_SUBJECT) }),
  };
}

/** The calls with their results, in order, and what there is to tell of them. */
export interface Done {
  kind: 'done';
  rows: ToolCallRow[];
  events: NewEvent[];
}

export type CarriedOut =
  | Done
  /** The step cannot be finished now; what was carried out is found again when it is repeated. */
  | { kind: 'interrupted'; call: Call; verdict: FailureVerdict };

/**
 * Carries out a step's calls in order. A bad call, or one that fails in a way the model can act on, comes back as an
 * error result. After a cancel nothing starts; what was in flight ends and is recorded.
 *
 * @throws {LeaseLost} when the run was taken over
 */
export async function carryOut(
  engine: Engine,
  work: Work,
  calls: readonly Call[],
  step: Step,
): Promise<CarriedOut> {
  const isRepeated = step.plannedCalls.length > 0;
  const rows: ToolCallRow[] = [];
  const events: NewEvent[] = [];
  for (const call of calls) {
    if (work.heartbeat.lease.aborted) throw new LeaseLost();
    if (work.heartbeat.run.aborted) {
      rows.push(stopped(call, isRepeated));
      continue;
    }
    let result: ToolResult;
    try {
      result = (await refusalOf(call)) ?? (await runCall(work, call, step.row.createdAt));
    } catch (error) {
      if (work.heartbeat.lease.aborted) throw new LeaseLost();
      const verdict = judgeToolFailure(error, work.failures);
      if (verdict) return { kind: 'interrupted', call, verdict };
      engine.log.error('toolFailed', { runId: work.runId, tool: call.row.name, error: describeError(error) });
      result = failure('The tool failed unexpectedly. Try another way.');
    }
    const about = describeCall(work, call);
    rows.push({
      ...call.row,
      state: call.row.state === 'denied' ? 'denied' : result.isError ? 'failed' : 'completed',
      output: result.output,
      result: result.result ?? null,
    });
    events.push(
      ...(result.events ?? []).map(announce),
      result.isError
        ? announce({
            type: 'toolCall.failed',
            data: { ...about, message: cutText(result.output, LONGEST_MESSAGE) },
          })
        : announce({ type: 'toolCall.completed', data: about }),
    );
  }
  return { kind: 'done', rows, events };
}

/** A call that a cancel came before. When an earlier worker may have carried it out, that is not known. */
const stopped = ({ row }: Call, isRepeated: boolean): ToolCallRow => {
  if (row.state === 'denied') return row;
  return isRepeated
    ? {
        ...row,
        state: 'needsReview',
        output: 'The user cancelled; whether this took effect before is not known.',
      }
    : { ...row, state: 'skipped', output: 'Not run: the user cancelled.' };
};

/** Why a call is not run at all, as the model reads it. An approval holds for the very arguments it was given for. */
async function refusalOf({ row, input, permission }: Call): Promise<ToolResult | null> {
  if (row.state === 'denied') return failure(row.output ?? 'The user denied this call.');
  if (permission === 'refuse')
    return failure(`This agent may not use ${row.name}. Find another way, or say so.`);
  if (permission === 'run' && row.argumentsSha256 === null) return null;
  // It is `executing` since the claim, which only an approved one becomes.
  const isApproved = row.state === 'executing' && row.argumentsSha256 === (await hashArguments(input));
  return isApproved ? null : failure('The user did not approve this call.');
}

/** The calls of a turn that was cut off: none of them runs, whole as some may look. */
export const cutOff = (calls: readonly Call[]): Done => ({
  kind: 'done',
  rows: calls.map(({ row }) => ({ ...row, state: 'skipped', output: 'Not run: your answer was cut off.' })),
  events: [],
});

async function runCall(work: Work, { row, checked }: Call, plannedAt: string): Promise<ToolResult> {
  if (!checked.ok) return failure(checked.message);
  return checked.tool.run(
    {
      toolCallId: row.id,
      runId: work.runId,
      workspace: work.workspace,
      memory: work.memory,
      github: work.github,
      plannedAt,
      signal: work.heartbeat.lease,
    },
    checked.input,
  );
}
