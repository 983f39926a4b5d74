import { singleFaults } from '../cases.ts';
import { SHAPES } from './shapes.ts';
import type { DagSimulated } from './world.ts';

/** The execution of which each single fault is tried. */
export const SMALL_DAG = 'dag/diamond4';

/** Every request of a delivery and every delivery of the small execution. Redis has nothing that decides; it is struck by chance. */
export const dagSingles = (
  {
    requests,
    deliveries,
  }: Pick<DagSimulated, 'deliveries'> & {
    requests: readonly Pick<DagSimulated['requests'][number], 'service' | 'nth' | 'actor'>[];
  },
  options: { deep: boolean },
): string[] =>
  singleFaults(
    {
      requests: requests.filter(({ service, actor }) => service !== 'redis' && actor !== 'cron'),
      deliveries,
    },
    options,
  ).map((fault) => `${SMALL_DAG}/${fault}`);

/** A DAG of each shape with faults in so many percent of its requests and deliveries. */
export const largeDags = (nodes: number, percent: number): string[] =>
  SHAPES.map((shape) => `dag/${shape}${nodes}@${percent}`);
