import type { Mutant } from '../mutant.ts';

/** Follow-ups: each heard once, in order, and none lost at the end of a run (E1). */
export const INBOX: readonly Mutant[] = [
  {
    name: 'finish-ignores-inbox',
    breaks: 'E1: a run ends past a message that came in during its last turn.',
    file: 'store/runs/step.ts',
    find: "AND ${heardAll} THEN 'completed'",
    replace: "THEN 'completed'",
    mix: ['hears6'],
  },
  {
    name: 'inbox-not-counted',
    breaks: 'E1: nothing on the row of the run tells of a message.',
    file: 'store/runs/inbox.ts',
    find: 'inbox_seq = inbox_seq + 1, event_seq',
    replace: 'event_seq',
    mix: [],
  },
  {
    name: 'message-taken-and-not-heard',
    breaks: 'A message that a worker takes between two steps never reaches the model.',
    file: 'engine/work.ts',
    find: '  work.run.messages.push(...heard.messages);\n',
    replace: '',
    mix: ['hears6', 'hears*'],
  },
  {
    name: 'message-taken-without-mark',
    breaks: 'A message that the model has heard is gone from the conversation of the next worker.',
    file: 'store/runs/inbox.ts',
    find: 'SET taken_at = COALESCE(m.taken_at, engine_now()) FROM held',
    replace: 'SET taken_at = m.taken_at FROM held',
    mix: ['hears2', 'hears*'],
  },
  {
    name: 'context-takes-without-mark',
    breaks:
      'A message that a new worker reads with its context is gone from the conversation of the one after it.',
    file: 'store/runs/history.ts',
    find: 'SET taken_at = COALESCE(m.taken_at, engine_now()) FROM waiting',
    replace: 'SET taken_at = m.taken_at FROM waiting',
    mix: [],
  },
  {
    name: 'delivered-not-noted',
    breaks: 'E1: the row does not tell how far the model has read, so a message is read again.',
    file: 'store/runs/step.ts',
    find: 'GREATEST(delivered_seq, ${seq}::int)',
    replace: 'delivered_seq + 0 * ${seq}::int',
    mix: [],
  },
  {
    name: 'plan-forgets-what-was-heard',
    breaks: 'A step that was planned and is repeated says that it had read nothing of the inbox.',
    file: 'store/runs/step.ts',
    find: '${step.deliveredSeq}::int, ${step.usage.inputTokens}::bigint',
    replace: '${step.deliveredSeq}::int * 0, ${step.usage.inputTokens}::bigint',
    mix: ['hears2', 'hears*'],
  },
  {
    name: 'message-to-ended-run',
    breaks:
      'E8: a message that arrives when its run has ended is added to it all the same, and nobody hears it.',
    file: 'store/runs/inbox.ts',
    find: 'AND status NOT IN ${TERMINAL} AND ${along.guard}',
    replace: 'AND ${along.guard}',
    mix: ['words/hears5+neon46:slow', 'words/hears5+neon45:slow', 'words/hears5+neon47:slow'],
  },
  {
    name: 'queue-not-shortened',
    breaks:
      'E13: a run that a queued message starts takes that message along, and starts the next one with it.',
    file: 'store/runs/next-run.ts',
    find: 'a.after_run - 0, ${engineVersion}',
    replace: 'a.after_run, ${engineVersion}',
    mix: ['effects/plain'],
    survives:
      'a unique index lets a message start one run, and nobody here queues two; next-run.test.ts does',
  },
  {
    name: 'edited-after-hearing',
    breaks: 'A message is changed that the model has heard.',
    file: 'store/runs/change-message.ts',
    find: 'AND m.taken_at IS NULL AND m.withdrawn_at IS NULL AND ${what.guard}',
    replace: 'AND m.withdrawn_at IS NULL AND ${what.guard}',
    mix: ['words/hears3+edit@model6', 'words/hears3+edit@neon*'],
  },
  {
    name: 'withdrawn-is-heard',
    breaks: 'A message that was taken back is heard by the worker at work.',
    file: 'store/runs/inbox.ts',
    find: 'm.seq > ${afterSeq}::int AND m.withdrawn_at IS NULL',
    replace: 'm.seq > ${afterSeq}::int',
    mix: ['words/withdraw@model4', 'words/withdraw@model*'],
  },
  {
    name: 'withdrawn-answer-is-heard',
    breaks: 'An answer that was taken back is heard by the worker that comes for it.',
    file: 'store/runs/history.ts',
    find: 'm.taken_at IS NULL AND m.withdrawn_at IS NULL',
    replace: 'm.taken_at IS NULL',
    also: { find: 'WHERE m.id = waiting.id AND m.withdrawn_at IS NULL', replace: 'WHERE m.id = waiting.id' },
    mix: ['words/withdraw@neon16', 'words/withdraw@neon*'],
  },
];
