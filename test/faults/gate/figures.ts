import { FOLLOWER_MS, RECOVERY_MS, RETURN_MS } from '../limits.ts';
import { GOES_AWAY_AT_MS, PLAIN } from '../plan.ts';
import { splitTask, type TaskName } from '../tasks.ts';
import type { Done } from './pool.ts';

/** A lost answer to what is read back at once costs no more. */
const READ_BACK_MS = 5_000;

/** How long the longest of a kind of runs was behind a plain one, or what was away, and what it was allowed. */
interface Recovery {
  what: string;
  withinMs: number;
  /** @param rest the name of the run without its task */
  is(rest: string, done: Done): boolean;
  /** What of the run's time was neither its task nor recovering. */
  awayMs?: number;
  /** What is measured, if not the time that the run took. */
  msOf?(done: Done): number | null;
}

/** One fault, of a request of a worker: what befalls a phone or a tick is made good by the next. */
const single = (mode: string) => {
  const shape = new RegExp(`^[a-z]+\\d+:(?:${mode})$`);
  return (rest: string, { requests, struckAt }: Done) =>
    shape.test(rest) && requests[struckAt[0] ?? -1]?.actor === 'delivery';
};
const isLost = single('answerLost|gatewayLost|garbled');

const OUTAGE = /^away-(\w+)@(\d+)$/;
const OUTAGE_SECONDS = 600;

const RECOVERIES: readonly Recovery[] = [
  { what: 'the death of a worker', withinMs: RECOVERY_MS, is: single('crash\\w+') },
  { what: 'a worker that stood still and went on', withinMs: RECOVERY_MS, is: single('freeze\\w+') },
  {
    what: 'a dispatch that was lost',
    withinMs: RECOVERY_MS,
    is: (rest) => /^(?:qstash\d+:\w+|delivery\d+:drop)$/.test(rest),
  },
  {
    what: "the lost answer to a worker's transition",
    withinMs: READ_BACK_MS,
    is: (rest, done) => isLost(rest, done) && done.requests[done.struckAt[0] ?? -1]?.moves.length !== 0,
  },
  {
    what: 'any other single fault of a request of a worker',
    withinMs: RECOVERY_MS,
    is: single('errorBefore|answerLost|status500|gatewayLost|garbled|slow'),
  },
  {
    what: 'the lack of Redis, for a phone that follows',
    withinMs: FOLLOWER_MS,
    is: (rest) => rest === `away-redis@${OUTAGE_SECONDS}+follows`,
    msOf: ({ latestEventMs }) => latestEventMs,
  },
  ...(['neon', 'redis', 'qstash', 'github', 'model', 'web'] as const).map((service) => ({
    what: `ten minutes without ${service}, from its return`,
    withinMs: RETURN_MS,
    is: (rest: string) => rest === `away-${service}@${OUTAGE_SECONDS}`,
    awayMs: GOES_AWAY_AT_MS + OUTAGE_SECONDS * 1000,
  })),
];

/** The figures of reliability, as the runs come in. */
export function createFigures() {
  const kinds = new Map<string, { runs: number; deliveries: number; steps: number }>();
  const faults = new Map<string, number>();
  const worst = new Map<Recovery, { name: string; ms: number }>();
  const plainMs = new Map<TaskName, number>();
  let requests = 0;

  const count = (mode: string) => faults.set(mode, (faults.get(mode) ?? 0) + 1);

  return {
    add(done: Done): void {
      const { name, tookMs } = done;
      const { task, rest } = splitTask(name);
      requests += done.requests.length;
      for (const { mode } of done.requests) if (mode !== 'none') count(mode);
      for (const mode of done.deliveryFaults) count(`delivery ${mode}`);
      if (rest === PLAIN) plainMs.set(task, tookMs);
      const kind = kindOf(rest);
      const sum = kinds.get(kind) ?? { runs: 0, deliveries: 0, steps: 0 };
      kinds.set(kind, {
        runs: sum.runs + 1,
        deliveries: sum.deliveries + done.deliveries,
        steps: sum.steps + done.steps,
      });
      for (const one of RECOVERIES) {
        if (!one.is(rest, done)) continue;
        const ms = one.msOf
          ? (one.msOf(done) ?? 0)
          : Math.max(0, tookMs - (one.awayMs ?? plainMs.get(task) ?? 0));
        if (ms >= (worst.get(one)?.ms ?? 0)) worst.set(one, { name, ms });
      }
    },
    /** Lines of Markdown, as they go into `docs/reliability.md`. */
    lines(): string[] {
      const all = [...faults.values()].reduce((sum, times) => sum + times, 0);
      return [
        `${number(requests)} requests, ${number(all)} faults injected: ${[...faults]
          .sort(([, one], [, other]) => other - one)
          .map(([mode, times]) => `${mode} ${number(times)}`)
          .join(', ')}.`,
        '',
        '| Runs | | Deliveries a step |',
        '|---|---|---|',
        ...[...kinds].map(
          ([kind, { runs, deliveries, steps }]) =>
            `| ${kind} | ${number(runs)} | ${steps === 0 ? '–' : (deliveries / steps).toFixed(2)} |`,
        ),
        '',
        '| Recovery from (virtual time, the longest) | took | may take | in |',
        '|---|---|---|---|',
        ...RECOVERIES.flatMap((one) => {
          const found = worst.get(one);
          if (!found) return [];
          return `| ${one.what} | ${seconds(found.ms)} | ${seconds(one.withinMs)} | \`${found.name}\` |`;
        }),
      ];
    },
    /** What took longer than it may. */
    late: (): string[] =>
      [...worst].flatMap(([{ what, withinMs }, { name, ms }]) =>
        ms > withinMs ? [`${what} took ${seconds(ms)} (${name})`] : [],
      ),
  };
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const number = (value: number) => value.toLocaleString('en-US');

function kindOf(rest: string): string {
  if (rest === PLAIN) return 'nothing goes wrong';
  const [, percent] = /^seed\d+@(\d+)/.exec(rest) ?? [];
  if (percent) return `${percent} % of the requests and deliveries fail`;
  if (OUTAGE.test(rest)) return 'a service is away';
  if (rest.includes('@')) return 'its user acts, with or without a fault';
  if (/^hears\d+$/.test(rest)) return 'its user says more';
  return rest.includes('+') ? 'two faults or more' : 'one fault';
}
