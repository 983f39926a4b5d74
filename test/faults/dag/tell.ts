import { dagPlanNamed } from './plan.ts';
import type { DagSimulated } from './world.ts';

/** Lines that tell what came of an execution, and how to repeat one that went wrong. */
export function tellOfDag(
  name: string,
  done: Pick<DagSimulated, 'wrong' | 'faults' | 'attempts' | 'statements' | 'tookMs' | 'computeMs'> & {
    requests: readonly unknown[];
  },
): string[] {
  const { wrong, faults, requests, attempts, statements, tookMs, computeMs } = done;
  const { nodes } = dagPlanNamed(name);
  const isGood = wrong.length === 0;
  return [
    ...(isGood ? [] : [`✗ npm run test:faults -- --only ${name}`]),
    ...wrong.map((line) => `    ${line}`),
    `${isGood ? '✓' : '✗'} ${name}: ${nodes} nodes in ${attempts} attempts, ${faults} faults in ${requests.length} requests, ` +
      `${(statements / nodes).toFixed(1)} statements a node, ${Math.round(tookMs / 60_000)} min of virtual time, ${Math.round(computeMs / 1000)} s of CPU`,
  ];
}
