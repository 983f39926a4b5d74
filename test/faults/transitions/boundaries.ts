import type { Service } from '../fault.ts';
import type { Sent } from '../simulation.ts';
import type { Move } from './moves.ts';

/** Where a request stands: what its sender made of a run last, or who it is that has made nothing yet. */
export const boundaryOf = ({ actor, after }: Pick<Sent, 'actor' | 'after'>): string =>
  after === '' ? `a ${actor} begins` : after;

/** What an actor asks before it has made anything of a run: the user's agent needs a repository and their phone follows the run, a delivery tells nobody of its claim. */
const BEGINNINGS: Readonly<Record<string, readonly Service[]>> = {
  'a user begins': ['neon', 'github', 'redis'],
  'a delivery begins': ['neon', 'redis'],
  'a cron begins': ['neon', 'redis'],
};

/** What a worker that goes on asks besides the database and Redis, by what it has just made. */
const AT_WORK: Readonly<Record<string, readonly Service[]>> = {
  claimRun: ['model', 'github', 'web'],
  commitStep: ['model', 'github'],
  planStep: ['github'],
  markCall: ['github', 'web'],
  recordCall: ['web'],
  renewLease: ['model', 'github'],
  reserveMore: ['model'],
  finishRun: ['model'],
  waitForAnswer: ['model'],
};

/** Whoever makes these, or starts the run behind one that ends, tells the queue. */
const DISPATCHED = new Set(['queued', 'waiting (timer)', 'completed', 'failed']);
/** A run that waits for its user's day is dispatched by whoever finds that it may look again. */
const WAKES = new Set(['wakeForDay', 'sweepRuns']);
/** Only flags or dates of the row: there is nothing to tell the queue of. */
const QUIET = new Set([
  'pauseRun',
  'addMessage',
  'queueMessage',
  'decideApproval',
  'extendBudget',
  'editQueued',
  'withdrawQueued',
  'editMessage',
  'withdrawMessage',
  'makeDue',
]);

/**
 * What is asked of whom after a transition, by the same worker, user or sweeper, before it makes the next one: the database always
 * (it reads on, or repeats a statement whose answer was lost), Redis where there are events.
 */
export function boundariesOf(transitions: readonly Move[]): Map<string, readonly Service[]> {
  const found = new Map<string, readonly Service[]>(Object.entries(BEGINNINGS));
  for (const { name, from, to } of transitions) {
    if (name === 'startNext') continue;
    const tells = from !== to || !QUIET.has(name);
    const services: Service[] = ['neon', 'redis'];
    if (tells && DISPATCHED.has(to)) services.push('qstash');
    if (to === 'waiting (budget)' && WAKES.has(name)) services.push('qstash');
    if (to === 'running') services.push(...(AT_WORK[name] ?? []));
    const key = `${name} → ${to}`;
    found.set(key, [...new Set([...(found.get(key) ?? []), ...services])]);
  }
  return found;
}
