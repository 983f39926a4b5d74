import { DELIVERY_MODES, type Fault, REQUEST_MODES, SERVICES } from './fault.ts';
import { type Plan, planOf } from './plan.ts';
import type { Simulated } from './simulation.ts';
import type { UserAct } from './user-act.ts';
import type { World } from './world.ts';

export type Course = Pick<Simulated, 'requests' | 'deliveries'>;

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

/** What is tried at every moment of a run; the rest has its moments in runs left to chance. */
const EVERYWHERE = ['pause', 'cancel', 'retry', 'say'] as const;
const WHILE_ASKED = ['approve', 'deny'] as const;

/** The moments at which one may act in a run that went like this one: around each request of a delivery. */
function momentsOf(requests: Course['requests']): Omit<UserAct, 'deed'>[] {
  return requests
    .filter(({ actor }) => actor === 'delivery')
    .flatMap(({ service: of, nth }) => {
      // What Redis is told changes nothing, so the moment after it is the one before the next.
      const moments = of === 'redis' ? (['before'] as const) : (['before', 'after'] as const);
      return moments.map((when) => ({ of, nth, when }));
    });
}

/** Requests of a delivery within this many before one of the user may be where something is asked. */
const ASKED_BEFORE = 4;

/** The user acting at every moment of a run. */
export async function actPlans(world: World, { requests }: Course): Promise<Plan[]> {
  // The follow-up counts among the requests, so its moments are those of a run without it.
  const silent = await world.simulate(planOf([], { followUpAfter: Number.NaN }));
  const asked = requests.filter((_, at) =>
    requests.slice(at, at + ASKED_BEFORE).some(({ actor }) => actor === 'user'),
  );
  return [
    ...EVERYWHERE.flatMap((deed) =>
      momentsOf(deed === 'say' ? silent.requests : requests).map((moment) => ({ ...moment, deed })),
    ),
    ...WHILE_ASKED.flatMap((deed) => momentsOf(asked).map((moment) => ({ ...moment, deed }))),
  ].map((act) => planOf([], { acts: [act] }));
}
