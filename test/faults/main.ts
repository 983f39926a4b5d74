/**
 * The full run of the fault harness: `npm run test:faults`. It fails when one simulated run does.
 *
 *     npm run test:faults -- --only neon7:crashAfter      one case, with what the product logged
 *     npm run test:faults -- --only delivery2:drop+neon20:crashAfter
 *     npm run test:faults -- --only effects/web2:crashAfter  of the second task: comments, requests to the web, questions
 *     npm run test:faults -- --only budget/tighten@redis9    of the third: the user lowers the limit of their day
 *     npm run test:faults -- --only words/withdraw@model4    of the fourth: and takes a message back
 *     npm run test:faults -- --only seed7@25              a run in which every fourth request or so goes wrong
 *     npm run test:faults -- --only away-github@600       GitHub answers nobody for ten minutes
 *     npm run test:faults -- --only away-redis@600+follows  Redis does, while a phone follows the run
 *     npm run test:faults -- --only hears6                the follow-up comes while the model takes its last turn
 *     npm run test:faults -- --only pause@neon12          the user pauses the run before that request is sent
 *     npm run test:faults -- --only cancel@model3:after   and cancels it when that one has taken effect
 *     npm run test:faults -- --only dag/wide@10           a DAG of 200 nodes (`wide`, `deep` or `diamond`), each with an effect
 *     npm run test:faults -- --only dag/diamond4/neon7:crashAfter
 *     npm run test:faults -- --deep [--runs N] [--seed N] all of it, pairs of faults, then chance until Ctrl-C or N such runs
 *     npm run test:faults -- --every 20                   a sample of all that
 *     npm run test:faults -- --task words                 the cases of one task: reference, effects, budget or words
 *     npm run test:faults -- --mutants                    changes of the protocol, each of which a run must notice
 *     npm run test:faults -- --mutants no-sweeper         one of them
 */
import { parseArgs } from 'node:util';
import { crashUnderLoad } from '../crash/under-load.ts';
import { isDagCase } from './dag/is-dag-case.ts';
import { runOneDag } from './dag/run-one.ts';
import { runGate } from './gate/gate.ts';
import { runMutants } from './mutants/run-mutants.ts';
import { planNamed } from './plan.ts';
import { splitTask } from './tasks.ts';
import { openWorld } from './world.ts';

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string' },
    mutants: { type: 'boolean' },
    deep: { type: 'boolean', default: false },
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    every: { type: 'string', default: '1' },
    task: { type: 'string' },
  },
  allowPositionals: true,
});
if (values.mutants) process.exitCode = await tryMutants(positionals[0]);
else if (values.only !== undefined) process.exitCode = await runOne(values.only);
else {
  const { deep } = values;
  const every = wholeNumber('every', values.every);
  const runs = values.runs === undefined ? undefined : wholeNumber('runs', values.runs);
  const task = values.task === undefined ? undefined : splitTask(`${values.task}/`).task;
  const ran = await runGate({ deep, runs, seed: wholeNumber('seed', values.seed), every, task });
  process.exitCode =
    every > 1 || task ? ran : Math.max(ran, deep ? 0 : await tryMutants(), await crash(deep ? 20 : 3));
}

/** The real Worker, killed so often under load. */
async function crash(kills: number): Promise<number> {
  const { wrong, runs, tookMs } = await crashUnderLoad({ kills, onKill: () => undefined });
  for (const line of wrong) console.log(`✗ ${line}`);
  const took = `${Math.round(tookMs / 1000)} s`;
  console.log(
    `${wrong.length === 0 ? '✓' : '✗'} ${runs} runs through ${kills} deaths of the Worker in ${took}`,
  );
  return wrong.length === 0 ? 0 : 1;
}

function wholeNumber(option: string, given: string): number {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new Error(`--${option} takes a whole number, from 1, not "${given}"`);
}

async function tryMutants(only?: string): Promise<number> {
  const { tried, caught, explained, ok } = await runMutants({ only, say: (line) => console.log(line) });
  console.log(`${ok ? '✓' : '✗'} ${tried} mutants: ${caught} caught, ${explained} survive and say why`);
  return ok ? 0 : 1;
}

async function runOne(name: string): Promise<number> {
  if (isDagCase(name)) return runOneDag(name);
  const plan = planNamed(name);
  // The first run of a process loads what is loaded on demand, in turns of the event loop that nobody can count.
  const first = await openWorld();
  await first.simulate(planNamed('plain'));
  await first.close();
  const world = await openWorld({ log: true });
  const { requests, struckAt, tookMs, wrong } = await world.simulate(plan);
  await world.close();
  for (const [at, { service, nth, actor, what }] of requests.entries()) {
    console.log(
      `${struckAt.includes(at) ? '▶' : ' '} ${`${service}${nth}`.padEnd(9)} ${actor.padEnd(9)} ${what}`,
    );
  }
  for (const line of wrong) console.log(`✗ ${line}`);
  console.log(`${wrong.length === 0 ? '✓' : '✗'} ${name}, ended after ${tookMs / 1000} s`);
  return wrong.length === 0 ? 0 : 1;
}
