import type { Mutant } from '../mutant.ts';

/** Eight workers die at the same place, one after the other. */
const DEADLY = Array.from({ length: 8 }, (_, at) => `model${at + 1}:crashAfter`).join('+');

/** Claims, leases and heartbeats: one worker at a time, for as long as it lives (E2, E6, E7, E10). */
export const CLAIM: readonly Mutant[] = [
  {
    name: 'claim-ignores-lease',
    breaks: 'E6: a second delivery takes a run from a worker that is alive.',
    file: 'store/runs/claim.ts',
    find: "(status = 'running' AND lease_expires_at <= ${NOW})",
    replace: "(status = 'running')",
    mix: ['delivery1:duplicate', 'delivery*:duplicate'],
  },
  {
    name: 'claim-ignores-dispatch',
    breaks: 'E7: a delivery that was superseded takes the run.',
    file: 'store/runs/claim.ts',
    find: 'dispatch_no = ${input.dispatchNo}::int AND (status',
    replace: '${input.dispatchNo}::int > 0 AND (status',
    mix: ['delivery1:late+delivery2:drop', 'delivery*:late'],
  },
  {
    name: 'claim-ignores-timer',
    breaks: 'A step that was put off is tried again before its time.',
    file: 'store/runs/claim.ts',
    find: "waiting_for IN ('timer', 'budget') AND wake_at <= ${NOW}))`",
    replace: "waiting_for IN ('timer', 'budget')))`",
    mix: ['model1:status500', 'model1:status500+delivery2:duplicate', 'github7:status500'],
    survives:
      'the queue delivers nothing before its delay is up, and whoever else knows the dispatch comes later still',
  },
  {
    name: 'lease-never-expires',
    breaks: 'E5: the run of a dead worker is lost.',
    file: 'store/runs/claim.ts',
    find: 'THEN ${NOW} + ${ms(input.leaseMs)} END`;\n  const steps',
    replace: "THEN 'infinity'::timestamptz END`;\n  const steps",
    mix: ['neon6:crashBefore', 'neon*:crashBefore'],
  },
  {
    name: 'slot-not-given-back',
    breaks: 'A run that has ended counts for ever among those at work.',
    file: 'store/runs/slots.ts',
    find: "WHEN 'queued' THEN holds_slot ELSE false END",
    replace: 'ELSE holds_slot END',
    mix: [],
  },
  {
    name: 'heartbeat-revives',
    breaks: 'E2: the heartbeat of a worker that was superseded renews the lease of its successor.',
    file: 'store/runs/end-attempt.ts',
    find: "AND epoch = ${input.epoch}::int AND status = 'running'\n      RETURNING",
    replace: "AND ${input.epoch}::int > 0 AND status = 'running'\n      RETURNING",
    mix: ['model4:freezeBefore', 'model*:freezeBefore'],
  },
  {
    name: 'heartbeat-never-starts',
    breaks: 'E10: whatever takes longer than a lease costs its worker the run.',
    file: 'engine/heartbeat.ts',
    find: 'setInterval(() => void beat(), heartbeatMs)',
    replace: 'setInterval(() => undefined, heartbeatMs)',
    mix: ['model1:slow+github3:slow+github4:slow+github5:slow'],
  },
  {
    name: 'heartbeat-ignores-loss',
    breaks: 'E10: a worker that has lost its run goes on with what it is at.',
    file: 'engine/heartbeat.ts',
    find: 'if (flags === null) return lose();',
    replace: 'if (flags === null) return;',
    mix: ['github9:freezeBefore+github11:slow', 'github9:freezeBefore+github*:slow'],
  },
  {
    name: 'poison-at-once',
    breaks: 'E4: one worker that dies is enough to fail a run.',
    file: 'store/runs/claim.ts',
    find: 'export const MAX_CLAIMS_WITHOUT_COMMIT = 8;',
    replace: 'export const MAX_CLAIMS_WITHOUT_COMMIT = 1;',
    mix: ['neon6:crashBefore', 'neon*:crashBefore'],
  },
  {
    name: 'never-poison',
    breaks: 'E4: a run that kills whoever takes it up is taken up for ever.',
    file: 'store/runs/claim.ts',
    find: 'export const MAX_CLAIMS_WITHOUT_COMMIT = 8;',
    replace: 'export const MAX_CLAIMS_WITHOUT_COMMIT = 800;',
    mix: [DEADLY],
  },
  {
    name: 'commit-keeps-claim-count',
    breaks: 'E4: a run that makes progress is called poison for how many workers it has had.',
    file: 'store/runs/step.ts',
    find: '      sql`claims_without_commit = 0`,\n      sql`failures = 0`,',
    replace: '      sql`failures = 0`,',
    mix: [],
  },
  {
    name: 'busy-is-acknowledged',
    breaks: 'E7: a delivery that finds a live lease is acknowledged away.',
    file: 'http/routes/callbacks.ts',
    find: "status: 503,\n        headers: { 'retry-after': String(outcome.",
    replace: "status: 200,\n        headers: { 'retry-after': String(outcome.",
    mix: ['neon6:crashBefore within 20 s', 'neon*:crashBefore within 20 s'],
  },
  {
    name: 'stale-is-refused',
    breaks: 'E7: a delivery that was superseded is delivered again and again.',
    file: 'http/routes/callbacks.ts',
    find: `    case 'accepted':
    case 'stale':
      return Response.json(outcome);`,
    replace: `    case 'accepted':
      return Response.json(outcome);
    case 'stale':
      return Response.json(outcome, { status: 503 });`,
    mix: ['delivery1:answerLost', 'delivery*:answerLost'],
  },
];
