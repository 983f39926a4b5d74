import { SERVICES, type Service } from './fault.ts';

/**
 * What the user may do at a moment of their choice.
 * - `pause`: pauses the run and, a little later, resumes it twice at once; `resume`: only the latter, whatever the run is at.
 * - `hold`: pauses it, and resumes it only when it is seen to stand still.
 * - `cancel`; `retry`: cancels it and takes it up again as a new run, twice at once.
 * - `say`: sends the follow-up, which otherwise comes in the slow turn.
 * - `approve`, `deny`: decides what is asked at that moment, twice at once; what is asked later is allowed as ever.
 * - `edit`, `withdraw`: changes what the agent has not heard yet, or takes it back; where there is nothing of the kind, the follow-up,
 *   said just before. `editLater`, `withdrawLater`: the same of a message for the run after this one. `add`: says something else.
 * - `fork`: makes another agent that goes on where this one is.
 * - `extend`: raises the run's limits, also where nothing waits for them; `tighten`: sets the limit of the day to next to nothing.
 * - `ignore`: goes away, and is back when a run was paused because of what they left undecided.
 */
const DEEDS = [
  ...(['pause', 'hold', 'resume', 'cancel', 'retry', 'say', 'approve', 'deny'] as const),
  ...(['edit', 'withdraw', 'editLater', 'withdrawLater', 'add', 'fork'] as const),
  ...(['extend', 'tighten', 'ignore'] as const),
] as const;
export type Deed = (typeof DEEDS)[number];

/** Before the n-th request to a service is sent, or when it has taken effect and its answer is not there yet. */
export interface UserAct {
  deed: Deed;
  of: Service;
  nth: number;
  when: 'before' | 'after';
}

/** Such as `pause@neon12` or `cancel@model3:after`. */
export const nameOfAct = ({ deed, of, nth, when }: UserAct): string =>
  `${deed}@${of}${nth}${when === 'after' ? ':after' : ''}`;

/** Undefined for what does not look like one. */
export function actNamed(name: string): UserAct | undefined {
  const [, deedName, serviceName, digits, after] = /^(\w+)@([a-z]+)(\d+)(:after)?$/.exec(name) ?? [];
  const deed = DEEDS.find((known) => known === deedName);
  const of = SERVICES.find((known) => known === serviceName);
  return deed && of && { deed, of, nth: Number(digits), when: after ? 'after' : 'before' };
}
