import type { QStashOptions } from '../../src/local/qstash/qstash.ts';
import { RUN_CALLBACK } from '../../src/queue/qstash.ts';
import { act } from './actors.ts';
import { type Hint, hintOf, judgeAnswer } from './delivery.ts';
import { LEASE_MS } from './limits.ts';
import type { Simulation } from './simulation.ts';
import type { VirtualTime } from './virtual-time.ts';

const PUBLIC_URL = 'https://cadence.test';
const LATE_MS = 30_000;

/** How the queue hands messages over, and what the plan has happen to those about runs. */
export function createDeliveries(options: {
  time: VirtualTime;
  simulation: () => Simulation | undefined;
  app: (request: Request) => Promise<Response>;
}): Pick<QStashOptions, 'fetch' | 'faults'> {
  const { time, app } = options;

  const handOver = (request: Request, hint: Hint | null): Promise<Response> =>
    act('delivery', () => app(request), { dispatchNo: hint?.dispatchNo ?? null });

  /** What comes after its simulation is over would count among the deliveries and requests of the next one. */
  const isOfNow = (hint: Hint | null): boolean =>
    hint === null || options.simulation()?.runs.has(hint.runId) === true;

  /** Nobody waits for the answer of a delivery that comes a second time, long after the first. */
  async function comeAgain(request: Request, hint: Hint | null): Promise<void> {
    await time.sleep(LATE_MS);
    await handOver(request, hint).catch(() => undefined);
  }

  return {
    async fetch(url, init) {
      const request = new Request(url, init);
      const hint = hintOf(await request.clone().text());
      if (!isOfNow(hint)) return new Response(null, { status: 200 });
      const simulation = options.simulation();
      try {
        const response = await handOver(request, hint);
        simulation?.wrong.push(...(await judgeAnswer(response)));
        return response;
      } finally {
        if (simulation?.comesAgain) {
          simulation.comesAgain = false;
          void comeAgain(new Request(url, init), hint);
        }
      }
    },
    faults: {
      onDelivery(message) {
        const simulation = options.simulation();
        if (!simulation || message.url !== PUBLIC_URL + RUN_CALLBACK) return 'deliver';
        if (!isOfNow(hintOf(Buffer.from(message.body, 'base64').toString()))) return 'deliver';
        simulation.deliveries += 1;
        const sinceMs = time.now() - simulation.startedAtMs;
        const mode = simulation.plan.delivery(simulation.deliveries, sinceMs);
        if (!mode) return 'deliver';
        simulation.struckAt.push(simulation.requests.length - 1);
        simulation.deliveryFaults.push(mode);
        switch (mode) {
          case 'duplicate':
          case 'drop':
          case 'unreachable':
          case 'answerLost':
            return mode;
          case 'delay':
            return { delayMs: LEASE_MS + 5_000 };
          case 'late':
            simulation.comesAgain = true;
            return 'deliver';
        }
      },
    },
  };
}
