import type { Mutant } from '../mutant.ts';

/** State, events and the next dispatch, which commit together, and ends that absorb (E4, E8, E9). */
export const EVENTS: readonly Mutant[] = [
  {
    name: 'events-in-a-second-statement',
    breaks: 'E4: a worker that dies between the two leaves a state of which no event tells.',
    file: 'store/runs/move.ts',
    find: 'WITH ORDINALITY AS event (value, n)\n    ), ${slotArm',
    replace: 'WITH ORDINALITY AS event (value, n) WHERE false\n    ), ${slotArm',
    also: {
      find: '  if (!row) return null;\n',
      replace: `  if (!row) return null;
  await db.execute(sql\`INSERT INTO run_events (run_id, seq, type, data, speech)
    SELECT moved.id, moved.event_seq - (\${wereAdded}) + event.n, event.value ->> 'type', event.value -> 'data',
      event.value ->> 'speech'
    FROM runs AS moved, jsonb_array_elements(\${sql.join(texts, sql\` || \`)}) WITH ORDINALITY AS event (value, n)
    WHERE moved.id = \${move.runId}::text ON CONFLICT DO NOTHING\`);
`,
    },
    mix: [],
  },
  {
    name: 'event-numbers-off-by-one',
    breaks: 'E9: the numbers of events have a gap.',
    file: 'store/runs/move.ts',
    find: 'moved.event_seq - (${wereAdded}) + event.n,',
    replace: 'moved.event_seq - (${wereAdded}) + event.n + 1,',
    mix: [],
  },
  {
    name: 'message-event-without-number',
    breaks: 'E9: a follow-up takes the number of an event that is there already.',
    file: 'store/runs/inbox.ts',
    find: 'inbox_seq = inbox_seq + 1, event_seq = event_seq + 1',
    replace: 'inbox_seq = inbox_seq + 1',
    mix: [],
  },
  {
    name: 'hand-over-keeps-dispatch',
    breaks: 'E4: the next dispatch is a repetition of the last, which the queue swallows.',
    file: 'store/runs/step.ts',
    find: "sql`dispatch_no = dispatch_no + (${becomes('queued')})::int`,",
    replace: '',
    mix: [],
  },
  {
    name: 'put-off-keeps-dispatch',
    breaks:
      'E4: the dispatch of a step that was put off is a repetition of the last, which the queue swallows.',
    file: 'store/runs/end-attempt.ts',
    find: '      sql`dispatch_no = dispatch_no + 1`,\n      sql`sweep_no = 0`,\n      sql`failures',
    replace: '      sql`sweep_no = 0`,\n      sql`failures',
    mix: ['model1:status500 within 15 s', 'model*:status500 within 15 s'],
  },
  {
    name: 'hand-over-completes',
    breaks: 'A delivery that has done its share ends the run.',
    file: 'store/runs/step.ts',
    find: "WHEN ${input.intent === 'finish'}::boolean AND",
    replace: "WHEN ${input.intent !== 'continue'}::boolean AND",
    mix: [],
  },
];
