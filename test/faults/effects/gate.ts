import { singleCases } from '../cases.ts';
import { SERVICES } from '../fault.ts';
import { outagePlan, type Plan, planOf } from '../plan.ts';
import type { World } from '../world.ts';
import { EFFECTS } from './task.ts';

const task = 'effects';
const OUTAGE_SECONDS = 600;

/** What the gate tries of the second task: each single fault, the message behind the run at each turn, each service away. */
export async function effectsPlans(world: World): Promise<Plan[]> {
  await world.simulate(planOf([], { task }));
  const course = await world.simulate(planOf([], { task }));
  return [
    ...[[], ...singleCases(course)].map((faults) => planOf(faults, { task })),
    ...Array.from({ length: EFFECTS.turns }, (_, followUpAfter) => planOf([], { task, followUpAfter })),
    ...SERVICES.map((service) => outagePlan(service, OUTAGE_SECONDS, task)),
  ];
}
