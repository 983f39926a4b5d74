import { MAX_CLAIMS_WITHOUT_COMMIT } from '../../src/store/runs/claim.ts';
import { randomPlan, reviewsOf } from './chance.ts';
import {
  type DeliveryMode,
  type Fault,
  faultsNamed,
  nameOf,
  type RequestMode,
  SERVICES,
  type Service,
} from './fault.ts';
import { FOLLOWER_MS, RECOVERY_MS, RETURN_MS } from './limits.ts';
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
  /** A phone follows the run's events, which may be late by so much; null when nobody does. */
  followsWithinMs: number | null;
}

export type ReviewDecision = 'sendAgain' | 'leave';

/** What comes of the user's hands: until it is seen, done, and done again by a phone that got no answer. */
const DEED_MS = 30_000;

/** A phone follows the run's events. */
const FOLLOWS = 'follows';

/** The name of a run in which nothing goes wrong. */
export const PLAIN = 'plain';

/** What a name says besides its task. */
interface Parts {
  task: TaskName;
  faults: readonly Fault[];
  acts: readonly UserAct[];
  hears: number | undefined;
  follows: boolean;
}

/** These faults and deeds, and no other. */
function planOf({ task, faults, acts, hears, follows }: Parts): Plan {
  const { usualFollowUp } = TASKS[task];
  const what = [
    ...(follows ? [FOLLOWS] : []),
    ...(hears === undefined || hears === usualFollowUp ? [] : [`hears${hears}`]),
    ...acts.map(nameOfAct),
    ...(faults.length > 0 ? [nameOf(faults)] : []),
  ].join('+');
  return {
    name: nameOnTask(task, what || PLAIN),
    task,
    review: reviewsOf(what),
    followUpAfter: saysItself(acts) ? Number.NaN : (hears ?? (mayChange(acts) ? Number.NaN : usualFollowUp)),
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
    mayGiveUp: faults.length >= MAX_CLAIMS_WITHOUT_COMMIT,
    // A fault may strike the stream itself, and then it is taken up again when it is noticed.
    followsWithinMs: follows ? (faults.length > 0 ? Number.POSITIVE_INFINITY : FOLLOWER_MS) : null,
  };
}

/** They say it just before they change it, unless it was said when the plan has it. */
const mayChange = (acts: Parts['acts']) => acts.some(({ deed }) => deed === 'edit' || deed === 'withdraw');
const saysItself = (acts: Parts['acts']) => acts.some(({ deed }) => deed === 'say');

/** When a service goes away: within the first delivery. */
export const GOES_AWAY_AT_MS = 1_000;

/** A step waits for a service about as long before it gives up. */
const LONGEST_AWAY_SECONDS = 900;

/** A service answers nobody for so long. */
function outagePlan(service: Service, seconds: number, task: TaskName): Plan {
  const isAway = (atMs: number) => atMs >= GOES_AWAY_AT_MS && atMs < GOES_AWAY_AT_MS + seconds * 1000;
  return {
    name: nameOnTask(task, `away-${service}@${seconds}`),
    task,
    followUpAfter: TASKS[task].usualFollowUp,
    review: reviewsOf('away'),
    request: (asked, _, atMs) => (asked === service && isAway(atMs) ? 'errorBefore' : undefined),
    delivery: () => undefined,
    deeds: () => [],
    extraMs: seconds * 1000 + RETURN_MS,
    strikes: 1,
    acts: 0,
    mayGiveUp: seconds > LONGEST_AWAY_SECONDS,
    followsWithinMs: null,
  };
}

/**
 * The plan that a name stands for: faults, deeds and a moment for the follow-up, each by its own name and joined by `+`; at most
 * one of them may be a service that is away, or chance. Without any it is `plain`. Before all that may stand a task: `effects/…`.
 *
 * @throws Error for what is no name of a plan
 */
export function planNamed(name: string): Plan {
  const { task, rest } = splitTask(name);
  const acts: UserAct[] = [];
  const faults: Fault[] = [];
  let base: Plan | undefined;
  let hears: number | undefined;
  let follows = false;
  for (const part of rest.split('+')) {
    const [, turns] = /^hears(\d+)$/.exec(part) ?? [];
    const act = actNamed(part);
    if (part === FOLLOWS) follows = true;
    else if (turns) hears = Number(turns);
    else if (act) acts.push(act);
    else if (part !== PLAIN && part !== '') {
      const broad = broadPlan(part, task);
      if (broad && base) throw new Error(`"${name}" names no case: it has two plans for all of a run`);
      if (broad) base = broad;
      else faults.push(...faultsNamed(part));
    }
  }
  const parts = { task, faults, acts, hears, follows };
  return base ? onTop(base, parts) : planOf(parts);
}

/** A plan with a few faults and deeds on top. */
function onTop(base: Plan, parts: Parts): Plan {
  const { acts, hears } = parts;
  const own = planOf(parts);
  const saysWhen = hears !== undefined || saysItself(acts);
  const { rest } = splitTask(own.name);
  return {
    ...base,
    name: rest === PLAIN ? base.name : `${base.name}+${rest}`,
    request: (service, nth, atMs) => own.request(service, nth, atMs) ?? base.request(service, nth, atMs),
    delivery: (nth, atMs) => own.delivery(nth, atMs) ?? base.delivery(nth, atMs),
    deeds: (service, nth, when, atMs) => [
      ...own.deeds(service, nth, when, atMs),
      ...base.deeds(service, nth, when, atMs),
    ],
    followUpAfter: saysWhen ? own.followUpAfter : base.followUpAfter,
    extraMs: base.extraMs + own.extraMs,
    strikes: base.strikes + own.strikes,
    acts: base.acts + own.acts,
    followsWithinMs: own.followsWithinMs,
  };
}

function broadPlan(name: string, task: TaskName): Plan | undefined {
  const [, away, seconds] = /^away-(\w+)@(\d+)$/.exec(name) ?? [];
  const service = SERVICES.find((known) => known === away);
  if (service) return outagePlan(service, Number(seconds), task);
  const [, seed, percent] = /^seed(\d+)@(\d+)$/.exec(name) ?? [];
  return seed && percent ? randomPlan(Number(seed), Number(percent), task) : undefined;
}
