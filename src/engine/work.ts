import type { GitHubClient } from '../github/client.ts';
import { createMemory, type Memory } from '../memory/memory.ts';
import type { ModelError } from '../models/port.ts';
import { type ModelEntry, NOT_OFFERED } from '../models/prices.ts';
import { createOutputs, type Outputs } from '../outputs/outputs.ts';
import type { ChildOutcome } from '../store/dag/parent.ts';
import { type HistoryRun, type HistoryStep, type RunContext, readContext } from '../store/runs/history.ts';
import { takeMessages } from '../store/runs/inbox.ts';
import type { Moved } from '../store/runs/move.ts';
import type { ToolCallRow } from '../store/runs/step.ts';
import type { Taint } from '../store/runs/taint.ts';
import type { ModelChoice } from '../store/states.ts';
import { SUBMIT_RESULT } from '../tools/submit-result.ts';
import { openWorkspace } from '../workspace/open.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { admit } from './dispatch.ts';
import type { Engine } from './engine.ts';
import { type Heartbeat, LeaseLost, startHeartbeat } from './heartbeat.ts';
import { ownKeyAt } from './own-key.ts';
import type { Step } from './step.ts';
import { type Measured, nothingMeasured } from './step-log.ts';
import { tellOthers } from './tell-others.ts';

/** One worker's hold on one run: what it read after its claim, what it has done since, and its lease. */
export interface Work {
  runId: string;
  agentId: string;
  epoch: number;
  context: RunContext;
  /** The run's own part of the conversation; earlier runs of the workspace stand before it in `context.runs`. */
  run: HistoryRun;
  workspace: Workspace;
  memory: Memory;
  outputs: Outputs;
  github: GitHubClient | null;
  /** What the model at hand costs and takes; NOT_OFFERED when a deploy has taken it away. */
  model: ModelEntry;
  /** What the model has read by now, with what its workspace let in before this run. */
  taint: Taint;
  /** What may be asked, the run's own model first; `choice` is the one at hand. */
  choices: readonly ModelChoice[];
  choice: number;
  /** Why the first choice is left alone, and until when; null while it is the one that is asked. */
  away: { error: ModelError; untilMs: number } | null;
  /** The user's own key at the provider at hand: null without one, `undefined` when it cannot be opened any more. */
  ownKey: string | null | undefined;
  /** How far into the inbox this worker has looked, past messages that were withdrawn. */
  inboxSeq: number;
  /** The number of the step to take next, from 1. */
  stepNo: number;
  /** Failures in a row of that step. */
  failures: number;
  /** What the next call of the model may cost. */
  reservedMicroUsd: number;
  /** What came of the sub-agents of the step under way, by tool call. */
  children: ReadonlyMap<string, ChildOutcome>;
  heartbeat: Heartbeat;
  /** For the log: what the step under way has taken so far. */
  measured: Measured;
  /** Publishes after commits, one after the other, without holding up the next step. */
  publishing: Promise<void>;
}

/** Reads the context of a claimed run and starts its heartbeat. */
export async function openWork(engine: Engine, claimed: Moved): Promise<Work> {
  const heartbeat = startHeartbeat(engine, claimed);
  // A claim whose answer was lost is read back, maybe after the user has cancelled.
  if (claimed.cancelRequested) heartbeat.cancel();
  try {
    const context = await readContext(engine.db, claimed);
    const run = context?.runs.at(-1);
    if (!context || !run) throw new LeaseLost();
    const github =
      (context.repository || context.pushTo) && context.sealedGithubToken
        ? await engine.openGitHub(context.userId, {
            sealedToken: context.sealedGithubToken,
            isFresh: context.isGithubTokenFresh,
          })
        : null;
    const ownKey = await ownKeyAt(context.provider, engine, context);
    return {
      runId: claimed.runId,
      agentId: claimed.agentId,
      epoch: claimed.epoch,
      context,
      run,
      workspace: openWorkspace(context, github, heartbeat.lease),
      memory: createMemory(context.remembered),
      outputs: createOutputs(context.outputSizes, { isHeldToSchema: context.outputSchema !== null }),
      github,
      model: engine.catalogue.find(context.provider, context.model) ?? NOT_OFFERED,
      taint: context.taint,
      choices: [{ provider: context.provider, model: context.model }, ...context.fallbacks],
      choice: 0,
      away: null,
      ownKey,
      inboxSeq: context.inboxSeq,
      stepNo: claimed.stepNo + 1,
      failures: context.failures,
      reservedMicroUsd: claimed.reservedMicroUsd,
      children: new Map(),
      heartbeat,
      measured: nothingMeasured(),
      publishing: engine.live
        .publish(claimed.agentId, claimed.runId, claimed.events)
        .then(() => tellOthers(engine, claimed))
        .then(() => admit(engine, claimed)),
    };
  } catch (error) {
    heartbeat.stop();
    throw error;
  }
}

/** The step that an earlier worker planned and did not commit. */
export const plannedStep = (work: Work): HistoryStep | undefined =>
  work.run.steps.find(({ stepNo, committed }) => stepNo === work.stepNo && !committed);

/** A result that was handed in and does not fit. */
export const isInvalidResult = ({ name, state }: Pick<ToolCallRow, 'name' | 'state'>): boolean =>
  name === SUBMIT_RESULT && state === 'failed';

/** Takes note of a step that was committed, and reads the follow-ups that came in meanwhile. */
export async function advanceWork(
  engine: Engine,
  work: Work,
  moved: Moved,
  { row, tokens, answeredSeq }: Step,
  calls: ToolCallRow[],
): Promise<void> {
  const { stepNo, coversStepNo, content, stopReason, deliveredSeq, note = null, createdAt } = row;
  const committed: HistoryStep = {
    stepNo,
    coversStepNo,
    content,
    stopReason,
    deliveredSeq,
    answeredSeq,
    note,
    createdAt,
    tokens,
    committed: true,
    calls,
  };
  work.run.steps = [...work.run.steps.filter((step) => step.stepNo !== stepNo), committed];
  work.stepNo = moved.stepNo + 1;
  work.failures = 0;
  work.reservedMicroUsd = moved.reservedMicroUsd;
  work.context.askedSeq = null;
  work.context.childExecutionId = null;
  work.context.outgrown = false;
  if (note !== null) work.context.refusedEnds += 1;
  work.context.invalidResults += calls.filter(isInvalidResult).length;
  await hear(engine, work, moved);
}

/**
 * Takes the follow-ups that came in since this worker last looked, once it knows of any. The model is asked next, so this is
 * the moment in which they can no longer be changed.
 *
 * @throws {LeaseLost} when the run was taken over
 */
export async function hear(engine: Engine, work: Work, moved: Moved): Promise<void> {
  if (moved.status === 'running' && moved.inboxSeq > work.inboxSeq) await lookForMessages(engine, work);
}

/** The same where nobody has said how far the inbox reaches. */
export async function lookForMessages(engine: Engine, work: Work): Promise<void> {
  const { runId, epoch, inboxSeq: afterSeq } = work;
  const heard = await takeMessages(engine.db, { runId, epoch, afterSeq });
  if (!heard) throw new LeaseLost();
  work.run.messages.push(...heard.messages);
  work.inboxSeq = heard.inboxSeq;
  work.taint = { ...work.taint, untrusted: heard.isUntrusted };
}

/** Queues the events of a move for publication; Redis is only a shortcut (E12), so nobody waits for it between steps. */
export function publishLater(engine: Engine, work: Work, moved: Moved): void {
  const told = moved.events.find((event) => event.type === 'message.completed');
  const finishedText = told ? { stepNo: work.stepNo, attempt: work.epoch } : undefined;
  work.publishing = work.publishing
    .then(() => engine.live.publish(moved.agentId, moved.runId, moved.events, finishedText))
    .then(() => (isNews(moved) ? tellOthers(engine, moved) : undefined))
    .then(() => admit(engine, moved));
}

/** A move that was read back does not know what it told; others must hear of an end all the same. */
const isNews = ({ events, status }: Moved): boolean => events.length > 0 || status !== 'running';
