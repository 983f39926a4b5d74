import type { Mutant } from '../mutant.ts';

/** State, events and the next dispatch, which commit together, and ends that absorb (E4, E8, E9). */
export const EVENTS: readonly Mutant[] = [
  {
    name: 'event-numbers-off-by-one',
    breaks: 'E9: the numbers of events have a gap.',
    file: 'store/runs/move.ts',
    find: 'moved.event_seq - (${wereAdded}) + event.n,',
    replace: 'moved.event_seq - (${wereAdded}) + event.n + 1,',
    mix: [],
  },
];
