import type { Mutant } from '../mutant.ts';

/** Epochs and operation ids: who may write, and what a worker knows of a write whose answer was lost (E2, E3). */
export const FENCE: readonly Mutant[] = [
  {
    name: 'fence-without-epoch',
    breaks: 'E2: a worker that was superseded goes on writing.',
    file: 'store/runs/step.ts',
    find: "sql`epoch = ${fence.epoch}::int AND status = 'running'`",
    replace: "sql`status = 'running'`",
    mix: ['neon6:freezeBefore', 'neon*:freezeBefore'],
  },
  {
    name: 'fence-without-status',
    breaks: 'E2, E8: a worker writes to a run that nobody is at, or that has ended.',
    file: 'store/runs/step.ts',
    find: "sql`epoch = ${fence.epoch}::int AND status = 'running'`",
    replace: 'sql`epoch = ${fence.epoch}::int`',
    mix: ['model1:status500+neon6:answerLost', 'model1:status500+neon*:answerLost'],
  },
  {
    name: 'claim-keeps-epoch',
    breaks: 'E2: two workers of a run cannot be told apart.',
    file: 'store/runs/claim.ts',
    find: 'sql`epoch = epoch + 1`,',
    replace: '',
    mix: [],
  },
  {
    name: 'no-read-back',
    breaks: 'E3: a write whose answer was lost is taken for one that somebody else won.',
    file: 'store/operation.ts',
    find: `      if (!outcomeUnknown) return null;
      const [ours] = await query<Row>(db, readBack);
      return ours ?? null;`,
    replace: '      return null;',
    mix: ['neon6:answerLost within 5 s', 'neon*:answerLost within 5 s'],
  },
  {
    name: 'read-back-takes-any-row',
    breaks: 'E3: a worker takes the row as somebody else left it for its own write.',
    file: 'store/runs/move.ts',
    find: 'AND operation_id = ${move.operationId}::text`,\n  );',
    replace: 'AND ${move.operationId}::text IS NOT NULL`,\n  );',
    mix: ['neon10:errorBefore+neon11:freezeBefore', 'neon10:errorBefore+neon*:freezeBefore'],
  },
  {
    name: 'record-passes-twice',
    breaks: 'E3: a record that was given up and arrives late tells of its call again.',
    file: 'store/runs/marked.ts',
    find: 'AND EXISTS (SELECT FROM open)`,',
    replace: '`,',
    mix: [
      ...['words/neon41:slow+model6:slow', 'words/neon40:slow+model6:slow', 'words/neon42:slow+model6:slow'],
      'effects/neon51:slow+model4:slow',
    ],
  },
];
