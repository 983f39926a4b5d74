import type { Mutant } from '../mutant.ts';

/** Executions of DAGs: what a node's end does to those behind it, to the slots and to the log. */
export const DAGS: readonly Mutant[] = [
  {
    name: 'dag-end-counts-twice',
    breaks: 'The end of a node takes two dependencies from each that waits for it.',
    file: 'store/dag/turn.ts',
    find: 'SET remaining = d.remaining - 1,',
    replace: 'SET remaining = d.remaining - 2,',
    mix: ['dag/diamond4'],
  },
  {
    name: 'dag-slot-is-kept',
    breaks: 'A node that is over keeps its slot.',
    file: 'store/dag/turn.ts',
    find: "(v.was IN ('running', 'waiting'))::int - (v.next",
    replace: '0 - (v.next',
    mix: ['dag/diamond4'],
  },
  {
    name: 'dag-ends-early',
    breaks: 'An execution is over while one of its nodes is not.',
    file: 'store/dag/turn.ts',
    find: 'WHEN ${open} = 0 THEN',
    replace: 'WHEN ${open} <= 1 THEN',
    mix: ['dag/diamond4'],
  },
  {
    name: 'dag-log-keeps-its-place',
    breaks: "E9: a run's events are told again each time that it is followed.",
    file: 'store/dag/follow-run.ts',
    find: 'run_seq: sql`seen.event_seq`,',
    replace: 'run_seq: sql`node.run_seq`,',
    mix: ['dag/diamond4'],
  },
  {
    name: 'dag-node-begins-twice',
    breaks: 'E1: a node that has begun begins again, because somebody had read that it was ready.',
    file: 'store/dag/begin-node.ts',
    find: "AND n.status = 'queued' AND n.attempt = ${attempt}::int AND ${MAY_BEGIN} FOR UPDATE",
    replace: 'AND ${attempt}::int >= 0 AND ${MAY_BEGIN} FOR UPDATE',
    mix: ['dag/wide16', 'dag/wide16@10', 'dag/wide16@25'],
  },
  {
    name: 'dag-begins-without-a-slot',
    breaks: 'E1: more nodes are at work than may be, because somebody had read that a slot was free.',
    file: 'store/dag/begin-node.ts',
    find: 'sql`execution.free_slots > 0`,',
    replace: 'sql`true`,',
    mix: ['dag/wide20', 'dag/wide20@10', 'dag/wide20@25'],
    survives:
      'statements of a simulation come one after the other; the races on PostgreSQL see 64 nodes at work on ten slots',
  },
  {
    name: 'dag-news-is-not-swept',
    breaks: 'E4: the end of a run is lost for its node when its worker dies before it has told.',
    file: 'engine/dag/sweep.ts',
    find: 'for (const runId of await unfollowedRuns(engine.db, BATCH)) await takeNewsOver(engine, runId);',
    replace: 'await unfollowedRuns(engine.db, BATCH).then(() => takeNewsOver);',
    mix: ['dag/deep4@25', 'dag/deep5/seed2@25'],
  },
  {
    name: 'dag-beginning-is-not-swept',
    breaks: 'E4: a node that is ready never begins when whoever was to begin it dies.',
    file: 'engine/dag/sweep.ts',
    find: 'else if (readyNodes > 0) await proceed(',
    replace: 'else if (readyNodes < 0) await proceed(',
    mix: ['dag/deep4@25', 'dag/deep5/seed2@25'],
  },
];
