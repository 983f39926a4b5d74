/**
 * The full run of the fault harness: `npm run test:faults`. It fails when one simulated run does.
 *
 *     npm run test:faults -- --only neon7:crashAfter      one case, with what the product logged
 *     npm run test:faults -- --only delivery2:drop+neon20:crashAfter
 *     npm run test:faults -- --only effects/web2:crashAfter  of the second task: comments, requests to the web, questions
 *     npm run test:faults -- --only seed7@25              a run in which every fourth request or so goes wrong
 *     npm run test:faults -- --only away-github@600       GitHub answers nobody for ten minutes
 *     npm run test:faults -- --only hears6                the follow-up comes while the model takes its last turn
 *     npm run test:faults -- --mutants                    changes of the protocol, each of which a run must notice
 *     npm run test:faults -- --mutants no-sweeper         one of them
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { runMutants } from './mutants/run-mutants.ts';
import { planNamed } from './plan.ts';
import { createReport } from './report.ts';
import { openWorld } from './world.ts';

/** What a share tells of a run. */
const doneSchema = z.object({
  name: z.string(),
  wrong: z.array(z.string()),
  gaveUp: z.boolean(),
  tookMs: z.number(),
  of: z.number(),
});

const { values, positionals } = parseArgs({
  options: { only: { type: 'string' }, mutants: { type: 'boolean' } },
  allowPositionals: true,
});
if (values.mutants) process.exitCode = await tryMutants(positionals[0]);
else if (values.only !== undefined) process.exitCode = await runOne(values.only);
else process.exitCode = Math.max(await runAll(), await tryMutants());

async function tryMutants(only?: string): Promise<number> {
  const { tried, caught, explained, ok } = await runMutants({ only, say: (line) => console.log(line) });
  console.log(`${ok ? '✓' : '✗'} ${tried} mutants: ${caught} caught, ${explained} survive and say why`);
  return ok ? 0 : 1;
}

async function runOne(name: string): Promise<number> {
  const plan = planNamed(name);
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

/** Shares the cases among a process for each core: time and `fetch` are replaced for a whole process. */
async function runAll(): Promise<number> {
  const startedAt = performance.now();
  const parts = Math.min(4, availableParallelism());
  const report = createReport(process.stdout);
  const shares = Array.from({ length: parts }, async (_, part) => {
    const share = fork(fileURLToPath(new URL('./share.ts', import.meta.url)), [`${part}`, `${parts}`]);
    share.on('message', (message) => report.add(doneSchema.parse(message)));
    const code = await new Promise<number | null>((resolve) => share.once('close', resolve));
    if (code !== 0) report.addCrash(`share ${part + 1} of ${parts} ended with ${code}`);
  });
  await Promise.all(shares);
  return report.finish((performance.now() - startedAt) / 1000);
}
