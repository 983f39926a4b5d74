import { expect, it } from 'vitest';
import { runFuzz } from './run-fuzz.ts';

/** `npm run test:fuzz` asks as many as it is told. */
const REQUESTS = 1_000;
const SEED = 20_261_121;

it(`answers ${REQUESTS} requests made from its own document without a failure, a leak or a malformed problem`, async () => {
  const { requests, statuses, wrong } = await runFuzz({ requests: REQUESTS, seed: SEED });
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(requests).toBe(REQUESTS);
  // Requests that are all refused at the door would prove nothing.
  const letIn = (statuses[200] ?? 0) + (statuses[201] ?? 0) + (statuses[202] ?? 0) + (statuses[204] ?? 0);
  expect(letIn).toBeGreaterThan(REQUESTS / 5);
}, 240_000);
