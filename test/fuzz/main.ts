import { parseArgs } from 'node:util';
import { runFuzz } from './run-fuzz.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
  },
});
const requests = Number(values.requests);
const seed = Number(values.seed);
const EVERY = 500;

const startedAt = Date.now();
// The product logs every request that it is asked.
const { log } = console;
console.log = () => {};
const seconds = () => Math.round((Date.now() - startedAt) / 1000);
const { operations, statuses, wrong } = await runFuzz({
  requests,
  seed,
  onProgress(done) {
    if (done % EVERY === 0) log(`${done} of ${requests} in ${seconds()} s`);
  },
});
console.log = log;
for (const found of wrong) console.log(`✗ ${found}`);
console.log(
  Object.entries(statuses)
    .map(([status, count]) => `${status}: ${count}`)
    .join('  '),
);
console.log(
  `${requests} requests to ${operations} operations in ${seconds()} s, seed ${seed}: ${wrong.length} wrong`,
);
// Streams that were opened and left would keep the process.
process.exit(wrong.length === 0 ? 0 : 1);
