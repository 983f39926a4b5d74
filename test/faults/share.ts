/** One process's share of the cases: of every so many, the one at its place. Tells its parent of each. */
import { recoveryCases, singleCases } from './cases.ts';
import { nameOf } from './fault.ts';
import { openWorld } from './world.ts';

/** A world grows with the runs in it, and one in which a run failed is not to be trusted. */
const RUNS_IN_A_WORLD = 150;

const [part = 0, parts = 1] = process.argv.slice(2).map(Number);
let world = await openWorld();
// The first run loads what is loaded on demand, which takes turns of the event loop that nobody can count.
await world.simulate([]);
const course = await world.simulate([]);
const cases = [[], ...singleCases(course), ...(await recoveryCases(world))];
let runs = 0;
for (const faults of cases.filter((_, at) => at % parts === part)) {
  if (runs === RUNS_IN_A_WORLD) {
    await world.close();
    world = await openWorld();
    runs = 0;
  }
  const { wrong, tookMs } = await world.simulate(faults);
  process.send?.({ name: nameOf(faults), wrong, tookMs, of: cases.length });
  runs = wrong.length > 0 ? RUNS_IN_A_WORLD : runs + 1;
}
await world.close();
process.disconnect();
