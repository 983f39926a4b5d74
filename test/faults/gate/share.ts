/** A process that simulates what it is told of, by names, one after the other: runs, and executions of DAGs. */
import { SMALL_DAG } from '../dag/cases.ts';
import { isDagCase } from '../dag/is-dag-case.ts';
import { dagPlanNamed } from '../dag/plan.ts';
import { openDagWorld } from '../dag/world.ts';
import { PLAIN, planNamed } from '../plan.ts';
import { openWorld } from '../world.ts';

/** A world grows with the runs in it, and one in which something failed is not to be trusted. */
const RUNS_IN_A_WORLD = 300;

/** There can be one at a time, as it has the process's clock. */
interface OpenWorld {
  isOfDags: boolean;
  runs: number;
  simulate(name: string): Promise<{ wrong: string[] }>;
  close(): Promise<void>;
}

let world: OpenWorld | undefined;
const warm = new Set<boolean>();

async function open(isOfDags: boolean): Promise<OpenWorld> {
  if (isOfDags) {
    const { simulate, close } = await openDagWorld();
    return { isOfDags, runs: 0, simulate: (name) => simulate(dagPlanNamed(name)), close };
  }
  const { simulate, close } = await openWorld();
  return { isOfDags, runs: 0, simulate: (name) => simulate(planNamed(name)), close };
}

async function worldFor(name: string): Promise<OpenWorld> {
  const isOfDags = isDagCase(name);
  if (world?.isOfDags === isOfDags && world.runs < RUNS_IN_A_WORLD) return world;
  await world?.close();
  world = await open(isOfDags);
  // The first run loads what is loaded on demand, which takes turns of the event loop that nobody can count.
  if (!warm.has(isOfDags)) await world.simulate(isOfDags ? SMALL_DAG : PLAIN);
  warm.add(isOfDags);
  return world;
}

process.on('message', async (message: unknown) => {
  const name = String(message);
  const current = await worldFor(name);
  const done = await current.simulate(name);
  current.runs += isDagCase(name) ? dagPlanNamed(name).nodes : 1;
  if (done.wrong.length > 0) current.runs = RUNS_IN_A_WORLD;
  process.send?.({ name, ...done });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
