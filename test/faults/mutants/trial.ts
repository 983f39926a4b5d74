import { openWorld } from '../world.ts';
import { type Course, casesOf, generalCases, PLAIN, planOf } from './mix.ts';
import type { Mutant } from './mutant.ts';
import { boundInRealTime } from './real-time.ts';
import type { Verdict } from './verdict.ts';

/** A world grows with the runs in it. */
const RUNS_IN_A_WORLD = 150;

/** Tries the mutant that this process has loaded: its mix, then the general one, until a run reports something. */
export const tryMutant = ({ mix, survives }: Mutant): Promise<Verdict> =>
  tryCases((course) => [...casesOf(mix, course), ...(survives === undefined ? generalCases() : [])]);

/** Tries cases without a mutant: one that reports something tells nothing of any. */
export const tryInnocent = (cases: readonly string[]): Promise<Verdict> => tryCases(() => cases);

async function tryCases(casesOn: (course: Course) => readonly string[]): Promise<Verdict> {
  const bound = boundInRealTime();
  let world = await openWorld();
  let runs = 0;
  let course: Course = { requests: [], deliveries: 0 };
  const renewWorld = async () => {
    await bound(world.close());
    world = await openWorld();
  };
  const run = async (name: string): Promise<Verdict | undefined> => {
    if (runs > 0 && runs % RUNS_IN_A_WORLD === 0) await renewWorld();
    runs += 1;
    const ran = await bound(world.simulate(planOf(name)));
    if (ran === 'endless')
      return { kind: 'caught', by: name, runs, first: 'work for ever, while time stands still' };
    course = ran;
    const [first] = ran.wrong;
    return first === undefined ? undefined : { kind: 'caught', by: name, runs, first };
  };
  const judge = async (): Promise<Verdict> => {
    // The first run loads what is loaded on demand, in turns of the event loop that nobody can count: what it finds is not
    // to be trusted, nor the world it leaves.
    if (await run(PLAIN)) await renewWorld();
    const early = await run(PLAIN);
    if (early) return early;
    for (const name of casesOn(course)) {
      const caught = await run(name);
      if (caught) return caught;
    }
    return { kind: 'survived', runs };
  };
  const verdict = await judge();
  await bound(world.close());
  return verdict;
}
