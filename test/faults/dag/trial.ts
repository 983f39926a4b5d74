import { boundInRealTime } from '../mutants/real-time.ts';
import type { Verdict } from '../mutants/verdict.ts';
import { dagPlanNamed } from './plan.ts';
import { openDagWorld } from './world.ts';

/** Executes the DAGs of these cases until one reports something. That a fault finds nothing to befall gives nothing away. */
export async function tryDagCases(cases: readonly string[]): Promise<Verdict> {
  const bound = boundInRealTime();
  const world = await openDagWorld();
  let runs = 0;
  for (const name of cases) {
    runs += 1;
    const ran = await bound(world.simulate({ ...dagPlanNamed(name), strikes: 0 }));
    if (ran === 'endless')
      return { kind: 'caught', by: name, runs, first: 'work for ever, while time stands still' };
    const [first] = ran.wrong;
    if (first !== undefined) return { kind: 'caught', by: name, runs, first };
  }
  await bound(world.close());
  return { kind: 'survived', runs };
}
