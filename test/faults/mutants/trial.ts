import { nameOnTask, type TaskName } from '../tasks.ts';
import { openWorld } from '../world.ts';
import { type Course, casesOf, generalCases, PLAIN, planOf, tasksOf } from './mix.ts';
import type { Mutant } from './mutant.ts';
import { boundInRealTime } from './real-time.ts';
import type { Verdict } from './verdict.ts';

/** A world grows with the runs in it. */
const RUNS_IN_A_WORLD = 150;

/** Tries the mutant that this process has loaded: its mix, then the general one, until a run reports something. */
export const tryMutant = (mutant: Mutant): Promise<Verdict> =>
  tryCases(tasksOf([PLAIN, ...mutant.mix]), (courseOf) => [
    ...casesOf(mutant, courseOf),
    ...(mutant.survives === undefined ? generalCases() : []),
  ]);

/** Tries cases without a mutant: one that reports something tells nothing of any. */
export const tryInnocent = (cases: readonly string[]): Promise<Verdict> =>
  tryCases(tasksOf([PLAIN, ...cases]), () => cases);

/** @param tasks of which the cases are: what they count is counted in a run of each in which nothing goes wrong */
async function tryCases(
  tasks: readonly TaskName[],
  casesOn: (courseOf: (task: TaskName) => Course) => readonly string[],
): Promise<Verdict> {
  const bound = boundInRealTime();
  let world = await openWorld();
  let runs = 0;
  const courses = new Map<TaskName, Course>();
  const courseOf = (task: TaskName): Course => courses.get(task) ?? { requests: [], deliveries: 0 };
  const renewWorld = async () => {
    await bound(world.close());
    world = await openWorld();
  };
  const run = async (name: string): Promise<Verdict | undefined> => {
    if (runs > 0 && runs % RUNS_IN_A_WORLD === 0) await renewWorld();
    runs += 1;
    const plan = planOf(name);
    const ran = await bound(world.simulate(plan));
    if (ran === 'endless')
      return { kind: 'caught', by: name, runs, first: 'work for ever, while time stands still' };
    if (!courses.has(plan.task)) courses.set(plan.task, ran);
    const [first] = ran.wrong;
    return first === undefined ? undefined : { kind: 'caught', by: name, runs, first };
  };
  const judge = async (): Promise<Verdict> => {
    for (const task of tasks) {
      const plain = nameOnTask(task, PLAIN);
      // The first run loads what is loaded on demand, in turns of the event loop that nobody can count: what it finds is not
      // to be trusted, nor the world it leaves.
      if (await run(plain)) await renewWorld();
      courses.delete(task);
      const early = await run(plain);
      if (early) return early;
    }
    for (const name of casesOn(courseOf)) {
      const caught = await run(name);
      if (caught) return caught;
    }
    return { kind: 'survived', runs };
  };
  const verdict = await judge();
  await bound(world.close());
  return verdict;
}
