import { hash, USUAL_MODES } from '../chance.ts';
import { DELIVERY_MODES, type DeliveryMode, faultsNamed, type RequestMode, type Service } from '../fault.ts';
import { FAMILY, SHAPES, type Shape } from './shapes.ts';

/** What goes wrong while a DAG is executed. The same plan gives the same execution. */
export interface DagPlan {
  /** What it is replayed by, such as `dag/wide200@10`. */
  name: string;
  shape: Shape;
  nodes: number;
  /** With this delivery its user cancels; null for one who does not. */
  cancelAt: number | null;
  /** Nothing goes wrong. */
  isPlain: boolean;
  request(service: Service, nth: number): RequestMode | undefined;
  delivery(nth: number): DeliveryMode | undefined;
  /** Faults of single requests or deliveries, each of which must find its own. */
  strikes: number;
}

const USUAL_NODES = 200;
const USUAL_CHILDREN = 3;
const KNOWN: readonly Shape[] = [...SHAPES, FAMILY];

/**
 * The plan that a name stands for: `dag/`, a shape and how many nodes it has, then `@` and in how many percent of all requests and
 * deliveries something goes wrong, or `/` and single faults, or `/seed7@10`. `!3` behind the number has its user cancel with the third delivery.
 *
 * @throws Error for what is no name of a plan
 */
export function dagPlanNamed(name: string): DagPlan {
  const [, shapeName, digits, cancelAt, rest = ''] = /^dag\/([a-z]+)(\d*)(?:!(\d+))?(.*)$/.exec(name) ?? [];
  const shape = KNOWN.find((known) => known === shapeName);
  if (!shape)
    throw new Error(`"${name}" names no case; they look like dag/wide@10 or dag/deep20/neon7:crashAfter`);
  const nodes = digits ? Number(digits) : shape === FAMILY ? USUAL_CHILDREN : USUAL_NODES;
  const base = {
    name,
    shape,
    nodes,
    cancelAt: cancelAt === undefined ? null : Number(cancelAt),
    isPlain: rest === '',
  };
  const [, seed = '1', percent] = /^(?:\/seed(\d+))?@(\d+)$/.exec(rest) ?? [];
  if (percent !== undefined) return { ...base, ...chance(Number(seed), Number(percent)), strikes: 0 };
  const faults = rest === '' ? [] : faultsNamed(rest.replace(/^\//, ''));
  return {
    ...base,
    strikes: faults.length,
    request(service, nth) {
      for (const fault of faults) if (fault.of === service && fault.nth === nth) return fault.mode;
      return undefined;
    },
    delivery(nth) {
      for (const fault of faults) if (fault.of === 'delivery' && fault.nth === nth) return fault.mode;
      return undefined;
    },
  };
}

/** Each suffers a fault with this probability, to the very end. */
function chance(seed: number, percent: number): Pick<DagPlan, 'request' | 'delivery'> {
  const draw = <Mode>(modes: readonly Mode[], of: string, nth: number): Mode | undefined => {
    if (hash(`dag ${seed} ${of} ${nth}`) * 100 >= percent) return undefined;
    return modes[Math.floor(hash(`dag ${seed} ${of} ${nth} mode`) * modes.length)];
  };
  return {
    request: (service, nth) => draw(USUAL_MODES, service, nth),
    delivery: (nth) => draw(DELIVERY_MODES, 'delivery', nth),
  };
}
