import {
  DELIVERY_MODES,
  type Fault,
  faultsNamed,
  REQUEST_MODES,
  type RequestMode,
  SERVICES,
} from './fault.ts';
import { planOf } from './plan.ts';
import type { Simulated, World } from './world.ts';

type Course = Pick<Simulated, 'requests' | 'deliveries'>;

/** Every single fault there can be in a run that went like this one. */
export function singleCases({ requests, deliveries }: Course): Fault[][] {
  const cases: Fault[][] = [];
  for (const service of SERVICES) {
    const sent = requests.filter((request) => request.service === service).length;
    for (const mode of REQUEST_MODES) {
      for (let nth = 1; nth <= sent; nth++) cases.push([{ of: service, nth, mode }]);
    }
  }
  for (const mode of DELIVERY_MODES) {
    for (let nth = 1; nth <= deliveries; nth++) cases.push([{ of: 'delivery', nth, mode }]);
  }
  return cases;
}

/** First faults after each of which the run takes another way back. */
const FIRST_FAULTS = [
  'delivery2:drop',
  'delivery3:duplicate',
  'neon9:errorBefore',
  'github13:crashAfter',
  'github22:status500',
  'model4:garbled',
  'neon24:crashAfter',
];
/** What a second fault is, and how many requests after the first one it strikes at the most. */
const SECOND_MODES: readonly RequestMode[] = ['errorBefore', 'answerLost', 'crashBefore', 'crashAfter'];
const REACH = 16;

/** A second fault on the way back from a first one: at each request that follows it. */
export async function recoveryCases(world: World): Promise<Fault[][]> {
  const cases: Fault[][] = [];
  for (const name of FIRST_FAULTS) {
    const first = faultsNamed(name);
    const { requests, struckAt } = await world.simulate(planOf(first));
    const from = (struckAt[0] ?? requests.length) + 1;
    for (const { service, nth } of requests.slice(from, from + REACH)) {
      for (const mode of SECOND_MODES) cases.push([...first, { of: service, nth, mode }]);
    }
  }
  return cases;
}
