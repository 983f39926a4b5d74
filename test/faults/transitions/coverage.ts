import {
  DELIVERY_MODES,
  type DeliveryMode,
  REQUEST_MODES,
  type RequestMode,
  type Service,
} from '../fault.ts';
import { PLAIN } from '../plan.ts';
import type { Simulated } from '../simulation.ts';
import { splitTask } from '../tasks.ts';
import { boundaryOf } from './boundaries.ts';
import { type Move, moveKey } from './moves.ts';

/** As much of a run as its coverage is read from. */
type Ran = Pick<Simulated, 'requests' | 'deliveryFaults'> & { name: string };

/** What there is to be struck: transitions by their statement, requests by where they stand. */
export interface Ground {
  transitions: readonly Move[];
  boundaries: ReadonlyMap<string, readonly Service[]>;
  /** Why no run here comes to it; null when one must. */
  whyExempt(place: string): string | null;
}

/** How often each mode struck in a place. */
interface CoverageRow {
  place: string;
  isExempt: boolean;
  counts: Readonly<Partial<Record<RequestMode | DeliveryMode, number>>>;
}

/**
 * Which faults struck where: the statement of each transition, and each request between two transitions. The places are those of the
 * engine's own table and of `boundaries.ts`, whether a run came to them or not.
 */
export interface Coverage {
  add(ran: Ran): void;
  /** Cases that strike what was not struck: a run that came there, and the fault at that request of it. */
  missing(): string[];
  rows(): CoverageRow[];
  /** Cells without a hit, and places that no run came to. */
  gaps(): string[];
  /** Places that a run came to although the tables do not know them. */
  strangers(): string[];
  exempt(): { why: string; places: string[] }[];
}

/** A run that came to a place, and the request with which it did. */
interface Example {
  name: string;
  request: string;
}

/** The row of what befell deliveries. */
export const DELIVERIES = 'deliveries';

const placeOf = (boundary: string, service: Service) => `${boundary} · ${service}`;

export function createCoverage({ transitions, boundaries, whyExempt }: Ground): Coverage {
  const places = [
    ...transitions.map(moveKey),
    ...[...boundaries].flatMap(([boundary, services]) =>
      services.map((service) => placeOf(boundary, service)),
    ),
  ];
  const counts = new Map<string, Map<string, number>>(places.map((place) => [place, new Map()]));
  const examples = new Map<string, Example>();
  /** What a request of a run made that was not struck: a fault that keeps it from that strikes those transitions. */
  const wouldMake = new Map<string, Set<string>>();
  const unknown = new Map<string, string>();

  const count = (place: string, mode: string, name: string) => {
    const cells = counts.get(place);
    if (cells) cells.set(mode, (cells.get(mode) ?? 0) + 1);
    else if (!unknown.has(place)) unknown.set(place, name);
  };
  const come = (place: string, example: Example, isMove: boolean) => {
    const known = examples.get(place);
    const isBetter = !known || rank(example.name) < rank(known.name);
    if (isBetter) examples.set(place, example);
    if (!isMove || !(isBetter || rank(example.name) === 0)) return;
    const key = caseOf(example);
    wouldMake.set(key, (wouldMake.get(key) ?? new Set()).add(place));
  };

  const emptyOf = (place: string): RequestMode[] =>
    REQUEST_MODES.filter((mode) => !counts.get(place)?.has(mode));

  return {
    add({ name, requests, deliveryFaults }) {
      for (const mode of deliveryFaults) {
        const cells = counts.get(DELIVERIES) ?? new Map<string, number>();
        counts.set(DELIVERIES, cells.set(mode, (cells.get(mode) ?? 0) + 1));
      }
      for (const sent of requests) {
        const { service, nth, mode, moves } = sent;
        const request = `${service}${nth}`;
        const at = moves.map(moveKey);
        const boundary = placeOf(boundaryOf(sent), service);
        for (const place of [...at, boundary]) {
          count(place, mode, name);
          if (mode === 'none') come(place, { name, request }, place !== boundary);
        }
        if (mode === 'none' || at.length > 0) continue;
        const without = withoutFault(name, `${request}:${mode}`);
        for (const place of wouldMake.get(`${without} ${request}`) ?? []) count(place, mode, name);
      }
    },
    missing: () =>
      places.flatMap((place) => {
        const example = examples.get(place);
        if (!example) return [];
        return emptyOf(place).map((mode) => `${example.name}+${example.request}:${mode}`);
      }),
    rows: () =>
      [...counts].map(([place, cells]) => ({
        place,
        isExempt: whyExempt(place) !== null,
        counts: Object.fromEntries(cells),
      })),
    gaps: () => [
      ...places.flatMap((place) => {
        const empty = emptyOf(place);
        if (whyExempt(place) !== null) return [];
        if (!examples.has(place)) return [`no run came to ${place}`];
        return empty.map((mode) => `never struck by ${mode}: ${place}`);
      }),
      ...DELIVERY_MODES.filter((mode) => !counts.get(DELIVERIES)?.has(mode)).map(
        (mode) => `no delivery was struck by ${mode}`,
      ),
    ],
    strangers: () =>
      [...unknown]
        .filter(([place]) => whyExempt(place) === null)
        .map(([place, name]) => `${name} came to a place that is in no table: ${place}`),
    exempt() {
      const byReason = new Map<string, string[]>();
      for (const place of places) {
        const why = whyExempt(place);
        if (why !== null) byReason.set(why, [...(byReason.get(why) ?? []), place]);
      }
      return [...byReason].map(([why, places]) => ({ why, places }));
    },
  };
}

const caseOf = ({ name, request }: Example) => `${name} ${request}`;

/** One reached by fewer faults and deeds is cheaper to repeat. */
function rank(name: string): number {
  const { rest } = splitTask(name);
  return rest === PLAIN ? 0 : (rest.includes('seed') ? 100 : 0) + rest.split('+').length;
}

/** The case without that fault, which goes the same way up to it. */
function withoutFault(name: string, fault: string): string {
  const { rest } = splitTask(name);
  const left = rest.split('+').filter((part) => part !== fault);
  return name.slice(0, name.length - rest.length) + (left.join('+') || PLAIN);
}
