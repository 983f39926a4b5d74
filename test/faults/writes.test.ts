import { expect, it } from 'vitest';
import { mayChangeRuns } from './writes.ts';

const bodyOf = (query: string) => JSON.stringify({ query, params: [] });

it.each([
  'UPDATE runs SET status = $1',
  'WITH held AS (SELECT 1 FROM runs FOR UPDATE)\nUPDATE\n  runs SET status = $1',
  'WITH said AS (INSERT INTO audit_log DEFAULT VALUES), moved AS (\nUPDATE runs SET epoch = 2) SELECT 1',
  'insert into "steps" ("run_id") values ($1)',
  'DELETE FROM organisations WHERE id = $1',
  'WITH done AS (SELECT sweep_all()) TABLE done',
])('looks after %j', (query) => {
  expect(mayChangeRuns(bodyOf(query))).toBe(true);
});

it.each([
  'SELECT * FROM runs',
  'WITH limits AS (INSERT INTO rate_limits AS l VALUES ($1) ON CONFLICT (id) DO UPDATE SET used = 1)\nSELECT 1',
  'WITH kept AS (SELECT 1 FROM idempotency_keys FOR NO KEY UPDATE)\nUPDATE idempotency_keys SET status = $1',
])('does not look after %j', (query) => {
  expect(mayChangeRuns(bodyOf(query))).toBe(false);
});
