/** One process's share of the cases: of every so many, the one at its place. Tells its parent of each. */
import { actPlans, singleCases } from './cases.ts';
import { effectsPlans } from './effects/gate.ts';
import { SERVICES } from './fault.ts';
import { outagePlan, planOf, randomPlan } from './plan.ts';
import { TURNS } from './task.ts';
import { openWorld } from './world.ts';

/** A world grows with the runs in it, and one in which a run failed is not to be trusted. */
const RUNS_IN_A_WORLD = 150;
const OUTAGE_SECONDS = 600;
/** With faults left to chance. */
const RANDOM_RUNS = 2_000;

const [part = 0, parts = 1] = process.argv.slice(2).map(Number);
let world = await openWorld();
// The first run loads what is loaded on demand, which takes turns of the event loop that nobody can count.
await world.simulate(planOf([]));
const course = await world.simulate(planOf([]));
const plans = [
  ...[[], ...singleCases(course)].map((faults) => planOf(faults)),
  ...(await actPlans(world, course)),
  ...Array.from({ length: TURNS }, (_, followUpAfter) => planOf([], { followUpAfter })),
  ...(await effectsPlans(world)),
  ...SERVICES.filter((service) => service !== 'web').map((service) => outagePlan(service, OUTAGE_SECONDS)),
  ...Array.from({ length: RANDOM_RUNS }, (_, at) =>
    randomPlan(at + 1, at % 4 === 0 ? 25 : 10, at % 8 < 4 ? 'reference' : 'effects'),
  ),
];
let runs = 0;
for (const plan of plans.filter((_, at) => at % parts === part)) {
  if (runs === RUNS_IN_A_WORLD) {
    await world.close();
    world = await openWorld();
    runs = 0;
  }
  const { wrong, gaveUp, tookMs } = await world.simulate(plan);
  process.send?.({ name: plan.name, wrong, gaveUp, tookMs, of: plans.length });
  runs = wrong.length > 0 ? RUNS_IN_A_WORLD : runs + 1;
}
await world.close();
process.disconnect();
