/** Tables of which no row is part of a run, or takes a part of one with it. */
const ASIDE = new Set([
  'api_keys',
  'audit_heads',
  'audit_log',
  'idempotency_keys',
  'invitations',
  'rate_limits',
  'sessions',
]);

/** What a statement writes to; a lock (`FOR UPDATE`) or the end of an upsert (`DO UPDATE SET`) names no table. */
const TARGETS =
  /\b(?:(?<!\b(?:FOR|DO|KEY) )UPDATE|INSERT INTO|DELETE FROM|MERGE INTO)\s+(?:ONLY\s+)?\W*(\w+)/gi;

/**
 * Whether a request to Neon may change what a run is made of, as far as its text tells. What names no table that it writes
 * to may: a function could.
 */
export function mayChangeRuns(body: string): boolean {
  if (body.startsWith('{"query":"SELECT')) return false;
  const text = body.replaceAll('\\n', ' ');
  const targets = [...text.matchAll(TARGETS)].map(([, table = '']) => table.toLowerCase());
  return targets.length === 0 || targets.some((table) => !ASIDE.has(table));
}
