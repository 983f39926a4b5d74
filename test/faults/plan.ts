import {
  DELIVERY_MODES,
  type DeliveryMode,
  type Fault,
  faultsNamed,
  nameOf,
  REQUEST_MODES,
  type RequestMode,
  SERVICES,
  type Service,
} from './fault.ts';
import { nameOnTask, splitTask, TASKS, type TaskName } from './tasks.ts';
import { actNamed, type Deed, nameOfAct, type UserAct } from './user-act.ts';

/** What goes wrong in a simulated run, and what its user does. The same plan gives the same run. */
export interface Plan {
  /** What it is replayed by. */
  name: string;
  task: TaskName;
  /** What happens to the n-th request to a service, or to the n-th delivery of a run. `atMs` counts from its start. */
  request(service: Service, nth: number, atMs: number): RequestMode | undefined;
  delivery(nth: number, atMs: number): DeliveryMode | undefined;
  /** What the user does before a request of a delivery is sent, or when it has taken effect. */
  deeds(service: Service, nth: number, when: UserAct['when'], atMs: number): readonly Deed[];
  /** What they say about the n-th call of which nobody knows whether it took effect. */
  review(nth: number): ReviewDecision;
  /** The follow-up is sent while the model takes the turn after so many, unless the user says it earlier. */
  followUpAfter: number;
  /** How much longer than a plain one the run may take. */
  extraMs: number;
  /** How many requests and deliveries it strikes at the least, and how much the user does. */
  strikes: number;
  acts: number;
  /** Whether so much goes wrong that a run may give up. */
  mayGiveUp: boolean;
}

export type ReviewDecision = 'sendAgain' | 'leave';

/** A lease so short that a heartbeat falls into the slow turn of the task. */
export const LEASE_MS = 15_000;
/** What one fault may cost: a lease that runs out, and the next look of the sweeper. */
const RECOVERY_MS = LEASE_MS + 65_000;
/** How soon after its return a service that was away has runs moving again. */
const RETURN_MS = 90_000;

/** What comes of the user's hands: until it is seen, done, and done again by a phone that got no answer. */
const DEED_MS = 30_000;

/** These faults and deeds, and no other. */
export function planOf(
  faults: readonly Fault[],
  {
    task = 'reference',
    followUpAfter = TASKS[task].usualFollowUp,
    acts = [],
  }: Partial<Pick<Plan, 'followUpAfter' | 'task'>> & { acts?: readonly UserAct[] } = {},
): Plan {
  const hears = followUpAfter === TASKS[task].usualFollowUp ? [] : [`hears${followUpAfter}`];
  const what = [...hears, ...acts.map(nameOfAct), ...(faults.length > 0 ? [nameOf(faults)] : [])].join('+');
  return {
    name: nameOnTask(task, what),
    task,
    review: reviewsOf(what),
    followUpAfter: acts.some(({ deed }) => deed === 'say') ? Number.NaN : followUpAfter,
    request(service, nth) {
      for (const fault of faults) if (fault.of === service && fault.nth === nth) return fault.mode;
      return undefined;
    },
    delivery(nth) {
      for (const fault of faults) if (fault.of === 'delivery' && fault.nth === nth) return fault.mode;
      return undefined;
    },
    deeds: (service, nth, when) =>
      acts
        .filter((act) => act.of === service && act.nth === nth && act.when === when)
        .map(({ deed }) => deed),
    extraMs: faults.length * RECOVERY_MS + acts.length * DEED_MS,
    strikes: faults.length,
    acts: acts.length,
    mayGiveUp: false,
  };
}

/** When chance stops striking: by then most runs have ended, and whoever has not must come to an end soon. */
const FAULTS_STOP_MS = 20 * 60_000;
/** The longest that anything waits by then: the sweeper, of what it has dispatched again and again. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** A worker dies or stands still less often than an answer is lost. */
const USUAL_MODES: readonly RequestMode[] = [
  ...REQUEST_MODES,
  ...(['errorBefore', 'answerLost', 'status500', 'gatewayLost', 'garbled'] as const),
  ...(['errorBefore', 'answerLost'] as const),
];

/** A cancel ends what there is to see. */
const USUAL_DEEDS: readonly Deed[] = [
  ...(['pause', 'pause', 'pause', 'resume', 'approve', 'approve'] as const),
  ...(['retry', 'retry', 'deny', 'cancel'] as const),
];
/** Of the moments of a run, of which there are some two hundred. */
const DEED_PERCENT = 0.6;

/** Each request and delivery suffers a fault with this probability. What befalls one does not depend on what befell others. */
export function randomPlan(seed: number, percent: number, task: TaskName = 'reference'): Plan {
  const draw = <Mode>(modes: readonly Mode[], of: string, nth: number, often = percent): Mode | undefined => {
    const chance = hash(`${seed} ${of} ${nth}`);
    if (chance * 100 >= often) return undefined;
    return modes[Math.floor(hash(`${seed} ${of} ${nth} mode`) * modes.length)];
  };
  return {
    followUpAfter: seed % TASKS[task].turns,
    name: nameOnTask(task, `seed${seed}@${percent}`),
    task,
    review: reviewsOf(`seed${seed}`),
    request: (service, nth, atMs) => (atMs < FAULTS_STOP_MS ? draw(USUAL_MODES, service, nth) : undefined),
    delivery: (nth, atMs) => (atMs < FAULTS_STOP_MS ? draw(DELIVERY_MODES, 'delivery', nth) : undefined),
    deeds(service, nth, when, atMs) {
      const deed = draw(USUAL_DEEDS, `user ${when} ${service}`, nth, DEED_PERCENT);
      return deed && atMs < FAULTS_STOP_MS ? [deed] : [];
    },
    extraMs: FAULTS_STOP_MS + LONGEST_WAIT_MS + 2 * RECOVERY_MS,
    strikes: 0,
    acts: 0,
    mayGiveUp: true,
  };
}

/** Within the slow turn of the task. */
const GOES_AWAY_AT_MS = 1_000;

/** A service answers nobody for so long. */
export function outagePlan(service: Service, seconds: number, task: TaskName = 'reference'): Plan {
  const isAway = (atMs: number) => atMs >= GOES_AWAY_AT_MS && atMs < GOES_AWAY_AT_MS + seconds * 1000;
  return {
    followUpAfter: TASKS[task].usualFollowUp,
    name: nameOnTask(task, `away-${service}@${seconds}`),
    task,
    review: reviewsOf('away'),
    request: (asked, _, atMs) => (asked === service && isAway(atMs) ? 'errorBefore' : undefined),
    delivery: () => undefined,
    deeds: () => [],
    extraMs: seconds * 1000 + RETURN_MS,
    strikes: 1,
    acts: 0,
    mayGiveUp: false,
  };
}

/** @throws Error for what is no name of a plan */
export function planNamed(whole: string): Plan {
  const { task, rest: name } = splitTask(whole);
  const [, away, awaySeconds] = /^away-(\w+)@(\d+)$/.exec(name) ?? [];
  const service = SERVICES.find((known) => known === away);
  if (service) return outagePlan(service, Number(awaySeconds), task);
  const [, seed, percent] = /^seed(\d+)@(\d+)$/.exec(name) ?? [];
  if (seed && percent) return randomPlan(Number(seed), Number(percent), task);
  const acts: UserAct[] = [];
  const faults: string[] = [];
  let hears: number | undefined;
  for (const part of name.split('+').filter(Boolean)) {
    const [, turns] = /^hears(\d+)$/.exec(part) ?? [];
    const act = actNamed(part);
    if (turns) hears = Number(turns);
    else if (act) acts.push(act);
    else faults.push(part);
  }
  return planOf(faults.length === 0 ? [] : faultsNamed(faults.join('+')), {
    task,
    acts,
    ...(hears === undefined ? {} : { followUpAfter: hears }),
  });
}

/** Sends the first of two again, or leaves it, as the text has it, and the next one the other way. */
const reviewsOf =
  (text: string): Plan['review'] =>
  (nth) =>
    (Math.floor(hash(`${text} review`) * 2) + nth) % 2 === 0 ? 'sendAgain' : 'leave';

/** A number from 0 to 1 that a text determines: FNV-1a, then the finalizer of MurmurHash3. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}
