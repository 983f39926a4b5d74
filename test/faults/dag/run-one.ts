import { dagPlanNamed } from './plan.ts';
import { tellOfDag } from './tell.ts';
import { openDagWorld } from './world.ts';

/** Executes one case and tells of its requests on the standard output. @returns the exit code */
export async function runOneDag(name: string): Promise<number> {
  const plan = dagPlanNamed(name);
  const world = await openDagWorld({ log: true });
  const done = await world.simulate(plan);
  await world.close();
  for (const { service, nth, actor, what, mode } of done.requests) {
    const left = `${mode === 'none' ? ' ' : '▶'} ${`${service}${nth}`.padEnd(9)} ${actor.padEnd(9)} ${what}`;
    console.log(mode === 'none' ? left : `${left} ${mode}`);
  }
  for (const line of tellOfDag(name, done)) console.log(line);
  return done.wrong.length === 0 ? 0 : 1;
}
