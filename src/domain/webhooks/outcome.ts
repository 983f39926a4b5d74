import type { Act, Delivery } from '../../store/github-threads.ts';
import type { ActingTrigger } from '../../store/triggers.ts';
import type { RepositoryEvent } from './read-event.ts';

/** What became of a delivery for one trigger. */
export type Outcome = { kind: Act } | { kind: 'duplicate' } | { kind: 'ignored'; why: Reason };

type Reason =
  | 'notAsked'
  | 'notAllowed'
  | 'ownAct'
  | 'noAgent'
  | 'notOpen'
  | 'outOfDate'
  | 'triesSpent'
  | 'nothingChanged'
  | 'noted'
  | 'refused';

export const ignored = (why: Reason): Outcome => ({ kind: 'ignored', why });

/** A delivery on its way to one trigger. */
export interface Incoming<About extends RepositoryEvent['about'] = RepositoryEvent['about']> {
  trigger: ActingTrigger;
  repository: string;
  about: About;
  delivery: Delivery;
}

/** That of one kind. */
export type IncomingOf<Kind extends RepositoryEvent['about']['kind']> = Incoming<
  Extract<RepositoryEvent['about'], { kind: Kind }>
>;
