import { GitHubError } from '../github/errors.ts';
import { describeError } from '../log.ts';
import { markCall, recordCall } from '../store/runs/marked.ts';
import type { ToolCallRow } from '../store/runs/step.ts';
import { failure, OutcomeUnknown, type ToolResult } from '../tools/tool.ts';
import type { Call } from './carry-out.ts';
import { type FailureVerdict, judgeToolFailure } from './decide.ts';
import { endedRow, endingEvents, startedEvent, toolContext } from './describe-call.ts';
import type { Engine } from './engine.ts';
import { LeaseLost } from './heartbeat.ts';
import { joined, newTaint } from './taint.ts';
import type { Work } from './work.ts';
import { accepted, fence } from './write.ts';

export type MarkedOutcome =
  /** Written down and told. */
  | { kind: 'recorded'; row: ToolCallRow }
  /** A cancel came before it was begun. */
  | { kind: 'cancelled' }
  /** It was begun and certainly did not take effect. */
  | { kind: 'unsent'; verdict: FailureVerdict }
  | { kind: 'unknown'; reason: string };

/** What became of the one request that makes the effect. */
type Sent =
  | { kind: 'answered'; result: ToolResult }
  | { kind: 'unsent'; verdict: FailureVerdict }
  | { kind: 'unknown'; reason: string };

/**
 * Carries out a call whose receiver would not notice a repeat: one statement writes down that it is begun, right before it
 * is sent, and one what came of it, right after. So a call that is not begun was never sent, one that is recorded is not sent
 * again, and one that was begun without a record is looked for at the receiver. It is sent again only if it was certainly
 * not carried out, or if the user says so.
 *
 * @param wasHeld nobody has told that the call begins: that is told with its end, because it may begin more than once
 * @throws {LeaseLost} when the run was taken over; what `lookUp` throws when the receiver is away
 */
export async function carryOutMarked(
  engine: Engine,
  work: Work,
  call: Call,
  plannedAt: string,
  wasHeld: boolean,
): Promise<MarkedOutcome> {
  const { row } = call;
  const recordAs = (result: ToolResult) => record(engine, work, call, result, wasHeld);
  const settleAs = async (reason: string): Promise<MarkedOutcome> => {
    const found = await settle(engine, work, call, plannedAt);
    return found ? recordAs(found) : { kind: 'unknown', reason };
  };
  if (row.state === 'executing') {
    return settleAs('The worker that sent it was lost before an answer came.');
  }
  // The user may have approved that it is sent once more, and what was lost may have come to light since.
  const earlier = row.state === 'approved' ? await lookUp(engine, work, call, plannedAt) : null;
  if (earlier) return recordAs(earlier);

  const write = { ...fence(work), leaseMs: engine.settings.leaseMs, toolCallId: row.id };
  const { cancelRequested } = accepted(engine, work, await markCall(engine.db, write));
  if (cancelRequested) return { kind: 'cancelled' };
  const sent = await send(engine, work, call, plannedAt);
  switch (sent.kind) {
    case 'answered':
      return recordAs(sent.result);
    case 'unsent':
      return sent;
    case 'unknown':
      return settleAs(sent.reason);
  }
}

async function send(engine: Engine, work: Work, { row, checked }: Call, plannedAt: string): Promise<Sent> {
  if (!checked.ok) return { kind: 'answered', result: failure(checked.message) };
  try {
    const result = await checked.tool.run(toolContext(engine, work, row, plannedAt), checked.input);
    return { kind: 'answered', result };
  } catch (error) {
    if (work.heartbeat.lease.aborted) throw new LeaseLost();
    // GitHub answered, and the answer was no.
    const isRefusal = error instanceof GitHubError && error.code !== 'unavailable';
    const verdict = isRefusal ? judgeToolFailure(error, work.failures) : null;
    if (verdict) return { kind: 'unsent', verdict };
    engine.log.warn('outcomeUnknown', { runId: work.runId, tool: row.name, error: describeError(error) });
    return {
      kind: 'unknown',
      reason: error instanceof OutcomeUnknown ? error.message : 'The answer was lost.',
    };
  }
}

/** Asks the receiver about a call that may have taken effect, after a moment in which it may come to light. */
async function settle(engine: Engine, work: Work, call: Call, plannedAt: string): Promise<ToolResult | null> {
  if (!call.checked.ok || !call.checked.tool.lookUp) return null;
  await new Promise((resolve) => setTimeout(resolve, engine.settings.settlingMs));
  if (work.heartbeat.lease.aborted) throw new LeaseLost();
  return lookUp(engine, work, call, plannedAt);
}

/** What the call made, if the receiver shows it. One that will not let us look shows nothing. */
async function lookUp(
  engine: Engine,
  work: Work,
  { row, checked }: Call,
  plannedAt: string,
): Promise<ToolResult | null> {
  if (!checked.ok || !checked.tool.lookUp) return null;
  try {
    return await checked.tool.lookUp(toolContext(engine, work, row, plannedAt), checked.input);
  } catch (error) {
    if (error instanceof GitHubError && !error.retryable && error.code !== 'unauthorized') return null;
    throw error;
  }
}

async function record(
  engine: Engine,
  work: Work,
  call: Call,
  result: ToolResult,
  wasHeld: boolean,
): Promise<MarkedOutcome> {
  const row = endedRow(call, result);
  const taint = newTaint(work, [call], [row.state]);
  const moved = await recordCall(engine.db, {
    ...fence(work),
    leaseMs: engine.settings.leaseMs,
    call: row,
    taint,
    events: [...(wasHeld ? [startedEvent(work, call)] : []), ...endingEvents(work, call, result)],
  });
  accepted(engine, work, moved);
  work.taint = joined(work.taint, taint);
  return { kind: 'recorded', row };
}
