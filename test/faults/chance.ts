import { DELIVERY_MODES, REQUEST_MODES, type RequestMode } from './fault.ts';
import { RECOVERY_MS } from './limits.ts';
import type { Plan } from './plan.ts';
import { nameOnTask, TASKS, type TaskName } from './tasks.ts';
import type { Deed } from './user-act.ts';

/** When chance stops striking: by then most runs have ended, and whoever has not must come to an end soon. */
const FAULTS_STOP_MS = 20 * 60_000;
/** The longest that anything waits by then: the sweeper, of what it has dispatched again and again. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** A worker dies or stands still less often than an answer is lost. */
export const USUAL_MODES: readonly RequestMode[] = [
  ...REQUEST_MODES,
  ...(['errorBefore', 'answerLost', 'status500', 'gatewayLost', 'garbled'] as const),
  ...(['errorBefore', 'answerLost'] as const),
];

/** A cancel ends what there is to see. */
const USUAL_DEEDS: readonly Deed[] = [
  ...(['pause', 'pause', 'pause', 'resume', 'approve', 'approve'] as const),
  ...(['retry', 'retry', 'deny', 'cancel'] as const),
];
/** What else the user does in tasks that are about it. */
const FURTHER_DEEDS: readonly Deed[] = [
  ...(['edit', 'withdraw', 'editLater', 'withdrawLater', 'add', 'fork', 'ignore'] as const),
  ...(['extend', 'extend', 'tighten', 'tighten'] as const),
];
/** Of the moments of a run, of which there are some two hundred; in those tasks there are fewer, and more is done. */
const DEED_PERCENT = 0.6;
const FURTHER_DEED_PERCENT = 2;

/** Each request and delivery suffers a fault with this probability. What befalls one does not depend on what befell others. */
export function randomPlan(seed: number, percent: number, task: TaskName): Plan {
  const isAbout = TASKS[task].deeds !== undefined;
  const usual = isAbout ? [...USUAL_DEEDS, ...FURTHER_DEEDS] : USUAL_DEEDS;
  const often = isAbout ? FURTHER_DEED_PERCENT : DEED_PERCENT;
  const draw = <Mode>(
    modes: readonly Mode[],
    of: string,
    nth: number,
    chancePercent = percent,
  ): Mode | undefined => {
    const chance = hash(`${seed} ${of} ${nth}`);
    if (chance * 100 >= chancePercent) return undefined;
    return modes[Math.floor(hash(`${seed} ${of} ${nth} mode`) * modes.length)];
  };
  return {
    name: nameOnTask(task, `seed${seed}@${percent}`),
    task,
    followUpAfter: seed % TASKS[task].turns,
    review: reviewsOf(`seed${seed}`),
    request: (service, nth, atMs) => (atMs < FAULTS_STOP_MS ? draw(USUAL_MODES, service, nth) : undefined),
    delivery: (nth, atMs) => (atMs < FAULTS_STOP_MS ? draw(DELIVERY_MODES, 'delivery', nth) : undefined),
    deeds(service, nth, when, atMs) {
      const deed = draw(usual, `user ${when} ${service}`, nth, often);
      return deed && atMs < FAULTS_STOP_MS ? [deed] : [];
    },
    extraMs: FAULTS_STOP_MS + LONGEST_WAIT_MS + 2 * RECOVERY_MS,
    strikes: 0,
    acts: 0,
    mayGiveUp: true,
    followsWithinMs: null,
  };
}

/** Sends the first of two again, or leaves it, as the text has it, and the next one the other way. */
export const reviewsOf =
  (text: string): Plan['review'] =>
  (nth) =>
    (Math.floor(hash(`${text} review`) * 2) + nth) % 2 === 0 ? 'sendAgain' : 'leave';

/** A number from 0 to 1 that a text determines: FNV-1a, then the finalizer of MurmurHash3. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}
