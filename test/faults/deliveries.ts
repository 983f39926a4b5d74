import type { QStashOptions } from '../../src/local/qstash/qstash.ts';
import { RUN_CALLBACK } from '../../src/queue/qstash.ts';
import { act } from './actors.ts';
import { dispatchOf, judgeAnswer } from './delivery.ts';
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

  async function handOver(request: Request): Promise<Response> {
    const dispatchNo = await dispatchOf(request);
    return act('delivery', () => app(request), { dispatchNo });
  }

  /** Nobody waits for the answer of a delivery that comes a second time, long after the first. */
  async function comeAgain(request: Request): Promise<void> {
    await time.sleep(LATE_MS);
    await handOver(request).catch(() => undefined);
  }

  return {
    async fetch(url, init) {
      const request = new Request(url, init);
      const again = request.clone();
      const simulation = options.simulation();
      try {
        const response = await handOver(request);
        simulation?.wrong.push(...(await judgeAnswer(response)));
        return response;
      } finally {
        if (simulation?.comesAgain) {
          simulation.comesAgain = false;
          void comeAgain(again);
        }
      }
    },
    faults: {
      onDelivery(message) {
        const simulation = options.simulation();
        if (!simulation || message.url !== PUBLIC_URL + RUN_CALLBACK) return 'deliver';
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
