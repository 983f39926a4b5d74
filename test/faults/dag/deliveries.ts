import type { QStashOptions } from '../../../src/local/qstash/qstash.ts';
import { RUN_CALLBACK } from '../../../src/queue/qstash.ts';
import { act } from '../actors.ts';
import { judgeAnswer } from '../delivery.ts';
import { LEASE_MS } from '../limits.ts';
import type { VirtualTime } from '../virtual-time.ts';
import type { DagScene } from './seam.ts';

const LATE_MS = 30_000;

/** How the queue hands messages over while DAGs are executed, and what the plan has happen to those about runs. */
export function createDagDeliveries(options: {
  time: VirtualTime;
  scene: () => DagScene | undefined;
  app: (request: Request) => Promise<Response>;
}): Pick<QStashOptions, 'fetch' | 'faults'> {
  const handOver = (request: Request) => act('delivery', () => options.app(request));
  let comesAgain = false;

  async function comeAgain(request: Request): Promise<void> {
    await options.time.sleep(LATE_MS);
    await handOver(request).catch(() => undefined);
  }

  return {
    async fetch(url, init) {
      const again = comesAgain;
      comesAgain = false;
      const scene = options.scene();
      try {
        const response = await handOver(new Request(url, init));
        for (const line of await judgeAnswer(response)) scene?.wrong.add(line);
        return response;
      } finally {
        if (again) void comeAgain(new Request(url, init));
      }
    },
    faults: {
      onDelivery({ url }) {
        const scene = options.scene();
        if (!scene || !url.endsWith(RUN_CALLBACK)) return 'deliver';
        scene.deliveries += 1;
        const mode = scene.plan.delivery(scene.deliveries);
        if (!mode) return 'deliver';
        scene.deliveryFaults.push(mode);
        if (mode === 'delay') return { delayMs: LEASE_MS + 5_000 };
        if (mode !== 'late') return mode;
        comesAgain = true;
        return 'deliver';
      },
    },
  };
}
