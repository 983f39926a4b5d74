import { DELIVERY_MODES, REQUEST_MODES } from '../fault.ts';
import { dagPlanNamed } from './plan.ts';
import { SHAPES } from './shapes.ts';
import { type DagSimulated, type DagWorld, openDagWorld } from './world.ts';

const SMALL = 'dag/diamond4';
const PERCENT = [10, 25];
const NODES = 200;
const MOST_NODES = 1_000;
/** A world grows with what was executed in it. */
const CASES_IN_A_WORLD = 100;

/** Every request and every delivery of a small execution, in each mode. Redis has nothing that decides; it is struck by chance. */
const dagSingles = (course: DagSimulated): string[] => [
  ...course.requests
    .filter(({ service, actor }) => service !== 'redis' && actor !== 'cron')
    .flatMap(({ service, nth }) => REQUEST_MODES.map((mode) => `${SMALL}/${service}${nth}:${mode}`)),
  ...Array.from({ length: course.deliveries }, (_, at) => at + 1).flatMap((nth) =>
    DELIVERY_MODES.map((mode) => `${SMALL}/delivery${nth}:${mode}`),
  ),
];

/** A DAG of each shape with a fault in every tenth request and delivery, and in every fourth. */
const dagLarge = (nodes: number): string[] =>
  SHAPES.flatMap((shape) => PERCENT.map((percent) => `dag/${shape}${nodes}@${percent}`));

/**
 * Executes DAGs under faults, one after another, and tells of them on the standard output.
 *
 * @param options.deep with a thousand nodes as well
 * @param options.every only every so many-th case of a single fault, and a tenth of the nodes when it is more than one
 * @returns the exit code
 */
export async function runDagGate({ deep, every }: { deep: boolean; every: number }): Promise<number> {
  const course = await simulateAlone(SMALL);
  const singles = dagSingles(course).filter((_, at) => at % every === 0);
  const failed = await trySingles(singles);
  console.log(
    `${failed === 0 ? '✓' : '✗'} ${singles.length} executions of ${SMALL} with one fault, ${failed} failed`,
  );
  const large = [...dagLarge(every > 1 ? NODES / 10 : NODES), ...(deep ? dagLarge(MOST_NODES) : [])];
  let failures = failed;
  for (const name of large) if (!tellOfDag(name, await simulateAlone(name))) failures += 1;
  return failures === 0 ? 0 : 1;
}

async function trySingles(names: readonly string[]): Promise<number> {
  let failed = 0;
  let world: DagWorld | undefined;
  let cases = 0;
  for (const name of names) {
    if (world === undefined || cases >= CASES_IN_A_WORLD) {
      await world?.close();
      world = await openDagWorld();
      cases = 0;
    }
    const done = await world.simulate(dagPlanNamed(name));
    cases += 1;
    if (done.wrong.length === 0) continue;
    failed += 1;
    cases = CASES_IN_A_WORLD;
    tellOfDag(name, done);
  }
  await world?.close();
  return failed;
}

async function simulateAlone(name: string): Promise<DagSimulated> {
  const world = await openDagWorld();
  const done = await world.simulate(dagPlanNamed(name));
  await world.close();
  return done;
}

/** One case by its name. @returns the exit code */
export async function runOneDag(name: string): Promise<number> {
  const plan = dagPlanNamed(name);
  const world = await openDagWorld({ log: true });
  const done = await world.simulate(plan);
  await world.close();
  for (const { service, nth, actor, what, mode } of done.requests) {
    const left = `${mode === 'none' ? ' ' : '▶'} ${`${service}${nth}`.padEnd(9)} ${actor.padEnd(9)} ${what}`;
    console.log(mode === 'none' ? left : `${left} ${mode}`);
  }
  return tellOfDag(name, done) ? 0 : 1;
}

function tellOfDag(name: string, done: DagSimulated): boolean {
  const { wrong, faults, requests, attempts, statements, tookMs, computeMs } = done;
  const { nodes } = dagPlanNamed(name);
  const isGood = wrong.length === 0;
  if (!isGood) console.log(`✗ npm run test:faults -- --only ${name}`);
  for (const line of wrong) console.log(`    ${line}`);
  console.log(
    `${isGood ? '✓' : '✗'} ${name}: ${nodes} nodes in ${attempts} attempts, ${faults} faults in ${requests.length} requests, ` +
      `${(statements / nodes).toFixed(1)} statements a node, ${Math.round(tookMs / 60_000)} min of virtual time, ${Math.round(computeMs / 1000)} s of CPU`,
  );
  return isGood;
}
