import { z } from 'zod';
import type { Actor } from './actors.ts';

/** A run's row, with all its columns. */
export const rowSchema = z.looseObject({
  id: z.string(),
  agent_id: z.string(),
  prompt: z.string(),
  retry_of: z.string().nullable(),
  status: z.enum(['queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled']),
  waiting_for: z.string().nullable(),
  wake_at: z.string().nullable(),
  lease_expires_at: z.string().nullable(),
  epoch: z.number(),
  dispatch_no: z.number(),
  cancel_requested: z.boolean(),
  pause_requested: z.boolean(),
  open_waits: z.number(),
  finished_at: z.string().nullable(),
  event_seq: z.number(),
  step_no: z.number(),
  claims_without_commit: z.number(),
  inbox_seq: z.number(),
  delivered_seq: z.number(),
  cost_micro_usd: z.number(),
  reserved_micro_usd: z.number(),
  max_cost_micro_usd: z.number().nullable(),
  max_steps: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
});

/** A run's row and what hangs on it, as it is after a statement. The row of one that did nothing to it is the same object. */
export interface Seen {
  row: z.infer<typeof rowSchema>;
  events: number;
  committedSteps: number;
  /** What its user may spend in a day, where they have said so. */
  dayLimit: number | null;
}

/** What never falls. */
const RISING = [
  'epoch',
  'dispatch_no',
  'event_seq',
  'step_no',
  'inbox_seq',
  'delivered_seq',
  'cost_micro_usd',
  'max_steps',
  'input_tokens',
  'output_tokens',
] as const;

/** What anybody may change without holding the run: when the sweeper looks, the inbox and its event, a flag. */
const SHARED = new Set([
  'sweep_after',
  'inbox_seq',
  'event_seq',
  'cancel_requested',
  'pause_requested',
  'max_steps',
]);

/** After so many workers that died a run is given up. The product's own number may be a mutant's. */
const MOST_DEATHS = 8;

const isTerminal = ({ row }: Seen) => ['completed', 'failed', 'cancelled'].includes(row.status);

const changedColumns = (before: Seen, after: Seen): string[] =>
  before.row === after.row
    ? []
    : Object.keys(after.row).filter(
        (column) =>
          before.row[column] !== after.row[column] &&
          JSON.stringify(before.row[column]) !== JSON.stringify(after.row[column]),
      );

/** Whether a statement did anything to the run. A planned step shows in the row only through its events. */
export const hasChanged = (before: Seen | null, after: Seen): boolean =>
  before === null || changedColumns(before, after).length > 0;

/**
 * What is wrong with a change that one statement made. A delivery that won a claim learns its epoch here.
 *
 * @param before null when the run was not there
 */
export function judgeChange(before: Seen | null, after: Seen, actor: Actor, nowMs: number): string[] {
  const wrong: string[] = [];
  if (after.events !== after.row.event_seq) {
    wrong.push(`eventSeq is ${after.row.event_seq} with ${after.events} events`);
  }
  if (after.committedSteps !== after.row.step_no) {
    wrong.push(`stepNo is ${after.row.step_no} with ${after.committedSteps} committed steps`);
  }
  if (after.row.open_waits > 0 && ['queued', 'running'].includes(after.row.status)) {
    wrong.push(`a ${after.row.status} run has ${after.row.open_waits} open waits`);
  }
  if (after.row.claims_without_commit > MOST_DEATHS) {
    wrong.push(`${after.row.claims_without_commit} workers took a run up of which none came to anything`);
  }
  if (!before) return wrong;
  const changed = changedColumns(before, after);
  if (changed.length === 0) return wrong;
  if (isTerminal(before)) wrong.push(`a ${before.row.status} run was changed: ${changed.join(', ')}`);
  for (const column of RISING) {
    const [was, is] = [before.row[column], after.row[column]];
    if (is < was) wrong.push(`${column} fell from ${was} to ${is}`);
  }
  if (after.row.step_no > before.row.step_no && after.row.claims_without_commit > 0) {
    wrong.push('a commit left the count of claims without one as it was');
  }
  if (before.row.status === 'queued' && after.row.status === 'queued') {
    const [was, is] = [before.row.dispatch_no, after.row.dispatch_no];
    if (was !== is) wrong.push(`copies of dispatch ${was} were under way when it became ${is}`);
  }
  if (after.row.step_no > before.row.step_no + 1) wrong.push('two steps were committed at once');
  if (after.row.epoch > before.row.epoch + 1) wrong.push('the epoch rose by more than one');
  if (after.row.dispatch_no > before.row.dispatch_no + 1) wrong.push('two dispatches were made at once');
  if (after.row.open_waits < Math.max(0, before.row.open_waits - 1) && !isTerminal(after)) {
    wrong.push('one decision counted more than once');
  }
  wrong.push(...judgeFlags(before, after, actor, nowMs), ...judgeLimits(before, after));

  if (after.row.epoch > before.row.epoch) {
    if (!mayBeTaken(before, actor, nowMs)) wrong.push(`a ${actor.kind} took a run that its worker holds`);
    if (actor.kind === 'delivery') {
      actor.runId = after.row.id;
      actor.epoch = after.row.epoch;
      const [brought, current] = [actor.dispatchNo, before.row.dispatch_no];
      if (brought !== current) {
        wrong.push(`a delivery of dispatch ${brought} took the run at dispatch ${current}`);
      }
    }
  } else if (actor.kind === 'delivery' && changed.some((column) => !SHARED.has(column))) {
    if (before.row.status !== 'running') wrong.push(`a worker wrote to a ${before.row.status} run`);
    if (actor.runId !== after.row.id || actor.epoch !== before.row.epoch) {
      wrong.push(
        `the worker of epoch ${actor.epoch} wrote to epoch ${before.row.epoch}: ${changed.join(', ')}`,
      );
    }
  }
  return wrong;
}

/** No step is begun past a limit, and none is lowered. */
function judgeLimits({ row: was }: Seen, { row: is, dayLimit }: Seen): string[] {
  const wrong: string[] = [];
  const [least, most] = [was.max_cost_micro_usd, is.max_cost_micro_usd];
  if (least !== most && (least === null || most === null || most < least)) {
    wrong.push(`the most it may cost became ${most} from ${least}`);
  }
  const { cost_micro_usd: cost, reserved_micro_usd: reserved } = is;
  if (most !== null && cost + reserved > most) {
    wrong.push(`a run that may cost ${most} has cost ${cost} and reserves ${reserved}`);
  }
  if (is.step_no > was.step_no && is.step_no > is.max_steps) wrong.push('a step was taken past the last one');
  if (dayLimit !== null && reserved > was.reserved_micro_usd && reserved > dayLimit) {
    wrong.push(`a run reserves ${reserved} on a day on which ${dayLimit} may be spent`);
  }
  return wrong;
}

/** A cancel and a pause hold from the next move on; until then the worker has the run to itself. */
function judgeFlags({ row: was }: Seen, { row: is }: Seen, actor: Actor, nowMs: number): string[] {
  const wrong: string[] = [];
  const movesOn = is.status !== was.status || is.epoch > was.epoch || is.step_no > was.step_no;
  if (was.cancel_requested && movesOn && is.status !== 'cancelled') {
    wrong.push(`a run that was cancelled became ${is.status}`);
  }
  const stops = ['paused', 'completed', 'failed', 'cancelled'];
  if (was.pause_requested && movesOn && !stops.includes(is.status)) {
    wrong.push(`a run that was to be paused became ${is.status}`);
  }
  const isHeld = was.status === 'running' && !isPast(was.lease_expires_at, nowMs);
  if (isHeld && is.status !== 'running' && actor.kind !== 'delivery') {
    wrong.push(`a ${actor.kind} made a run ${is.status} that its worker holds`);
  }
  return wrong;
}

const isPast = (time: string | null, nowMs: number) => time !== null && Date.parse(time) <= nowMs;

/** Waits that end by themselves. */
const WAKING = new Set(['timer', 'budget']);

/** A delivery takes what is due; a user who cancels, whatever no worker holds. */
function mayBeTaken({ row }: Seen, { kind }: Actor, nowMs: number): boolean {
  switch (row.status) {
    case 'queued':
      return true;
    case 'running':
      return isPast(row.lease_expires_at, nowMs);
    case 'waiting':
      return kind === 'user' || (WAKING.has(row.waiting_for ?? '') && isPast(row.wake_at, nowMs));
    case 'paused':
      return kind === 'user';
    case 'completed':
    case 'failed':
    case 'cancelled':
      return false;
  }
}
