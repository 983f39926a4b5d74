import { singleFaults } from '../cases.ts';
import { SHAPES } from './shapes.ts';
import type { DagSimulated } from './world.ts';

/** The execution of which each single fault is tried. */
export const SMALL_DAG = 'dag/diamond4';
/** The same of a run with three sub-agents, and of one that its user cancels while they are at it. */
export const FAMILIES = ['dag/family3', 'dag/family3!3'];

/** Every request of a delivery and every delivery of a small execution. Redis has nothing that decides; it is struck by chance. */
export const dagSingles = (
  small: string,
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
  ).map((fault) => `${small}/${fault}`);

/** A DAG of each shape with faults in so many percent of its requests and deliveries. */
export const largeDags = (nodes: number, percent: number): string[] =>
  SHAPES.map((shape) => `dag/${shape}${nodes}@${percent}`);
