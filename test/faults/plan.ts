import {
  DELIVERY_MODES,
  type DeliveryMode,
  type Fault,
  faultsNamed,
  nameOf,
  REQUEST_MODES,
  type RequestMode,
  type Service,
} from './fault.ts';

/** What goes wrong in a simulated run. The same plan gives the same run. */
export interface Plan {
  /** What it is replayed by. */
  name: string;
  /** What happens to the n-th request to a service, or to the n-th delivery of a run. */
  request(service: Service, nth: number): RequestMode | undefined;
  delivery(nth: number): DeliveryMode | undefined;
  /** How many times the run may lose a lease's worth of time. */
  setbacks: number;
  /** How many requests and deliveries it is to strike; null when that is left to chance. */
  strikes: number | null;
}

/** These faults and no other. */
export function planOf(faults: readonly Fault[]): Plan {
  return {
    name: nameOf(faults),
    request(service, nth) {
      for (const fault of faults) if (fault.of === service && fault.nth === nth) return fault.mode;
      return undefined;
    },
    delivery(nth) {
      for (const fault of faults) if (fault.of === 'delivery' && fault.nth === nth) return fault.mode;
      return undefined;
    },
    setbacks: faults.length,
    strikes: faults.length,
  };
}

/** Far more than a run needs that can end at all. */
const MANY_SETBACKS = 40;

/** A worker dies or stands still less often than an answer is lost. */
const USUAL_MODES: readonly RequestMode[] = [
  ...REQUEST_MODES,
  ...(['errorBefore', 'answerLost', 'status500', 'gatewayLost', 'garbled'] as const),
  ...(['errorBefore', 'answerLost'] as const),
];

/** Each request and delivery suffers a fault with this probability. What befalls one does not depend on what befell others. */
export function randomPlan(seed: number, percent: number): Plan {
  const draw = <Mode>(modes: readonly Mode[], of: string, nth: number): Mode | undefined => {
    const chance = hash(`${seed} ${of} ${nth}`);
    if (chance * 100 >= percent) return undefined;
    return modes[Math.floor(hash(`${seed} ${of} ${nth} mode`) * modes.length)];
  };
  return {
    name: `seed${seed}@${percent}`,
    request: (service, nth) => draw(USUAL_MODES, service, nth),
    delivery: (nth) => draw(DELIVERY_MODES, 'delivery', nth),
    setbacks: MANY_SETBACKS,
    strikes: null,
  };
}

/** @throws Error for what is no name of a plan */
export function planNamed(name: string): Plan {
  const [, seed, percent] = /^seed(\d+)@(\d+)$/.exec(name) ?? [];
  return seed && percent ? randomPlan(Number(seed), Number(percent)) : planOf(faultsNamed(name));
}

/** A number from 0 to 1 that a text determines: FNV-1a, then the finalizer of MurmurHash3. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}
