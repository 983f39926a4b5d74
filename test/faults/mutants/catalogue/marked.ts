import type { Mutant } from '../mutant.ts';

/** Effects whose receivers would not notice a repeat, those with a key, and what rides in the commit: the second task. */
export const MARKED: readonly Mutant[] = [
  {
    name: 'begun-without-mark',
    breaks: 'A worker that dies after it has commented leaves nothing behind that tells of it.',
    file: 'store/runs/marked.ts',
    find: "UPDATE tool_calls SET state = 'executing' FROM moved",
    replace: 'UPDATE tool_calls SET state = tool_calls.state FROM moved',
    mix: ['effects/web2:crashAfter', 'effects/web*:crashAfter'],
  },
  {
    name: 'begun-call-is-new',
    breaks: 'A call that a lost worker had begun is taken for one that nobody has begun.',
    file: 'engine/marked.ts',
    find: "if (row.state === 'executing') {",
    replace: "if (row.state === 'executing' && work.stepNo === 0) {",
    mix: ['effects/github8:crashAfter', 'effects/web2:crashAfter'],
  },
  {
    name: 'unknown-is-done',
    breaks: 'A call of which nobody knows whether it took effect is called done, and its user is not asked.',
    file: 'engine/carry-out.ts',
    find: "if (outcome.kind === 'unknown') return { ...outcome, call, wasFirst: true };",
    replace: `if (outcome.kind === 'unknown') {
          rows.push({ ...call.row, state: 'completed' });
          continue;
        }`,
    mix: ['effects/web2:errorBefore', 'effects/web2:crashBefore'],
  },
  {
    name: 'call-not-recorded',
    breaks: 'What came of a call is told, and its row says that it is under way.',
    file: 'store/runs/marked.ts',
    find: 'UPDATE tool_calls SET state = ${state}::text, output',
    replace: 'UPDATE tool_calls SET state = tool_calls.state, output',
    mix: ['effects/web3:crashAfter', 'effects/web3:crashBefore'],
  },
  {
    name: 'key-of-each-try',
    breaks: 'A repetition of a request with a key has another one, so that its receiver does it again.',
    file: 'tools/http-request.ts',
    find: "sent.set('idempotency-key', context.toolCallId)",
    replace: "sent.set('idempotency-key', crypto.randomUUID())",
    mix: ['effects/plain'],
  },
  {
    name: 'memories-not-stored',
    breaks: 'What a step remembered is gone with its worker.',
    file: 'store/runs/step.ts',
    find: '...(memories?.arms ?? []),',
    replace: '...(memories && input.calls.length < 0 ? memories.arms : []),',
    mix: ['effects/plain'],
  },
  {
    name: 'next-run-without-agent',
    breaks: 'The start of a queued run does not see that its agent is being archived.',
    file: 'store/runs/next-run.ts',
    find: 'WHERE agents.archived_at IS NULL FOR SHARE OF agents',
    replace: 'WHERE agents.archived_at IS NULL',
    mix: ['effects/plain'],
    survives: 'statements come one at a time here, and nobody archives; races.test.ts has both at once',
  },
  {
    name: 'endings-keep-reservation',
    breaks: 'What the next call of the model had reserved stays reserved when a worker gives its run up.',
    file: 'store/runs/budget.ts',
    find: "sql`true` : sql`(${move.next}) <> 'running'`",
    replace: 'sql`true` : sql`false`',
    mix: ['cancel@model4', 'cancel@model*'],
  },
  {
    name: 'sweep-keeps-reservation',
    breaks: 'What a lost worker had reserved stays reserved.',
    file: 'store/runs/sweep.ts',
    find: '        reserved_micro_usd = 0,\n        reserved_on = NULL,\n',
    replace: '',
    mix: ['neon6:crashBefore+delivery2:drop'],
  },
];
