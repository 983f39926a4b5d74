import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Cloud } from '../support/cloud.ts';
import { comparison } from './comparison.ts';
import { EXPECTED, FOLLOW_UP, TURNS } from './task.ts';

/** Events that end a run. */
const TERMINAL = ['run.completed', 'run.failed', 'run.cancelled'];

/** States in which a call of a run that has ended must not be, and those of one that was carried out. */
const OPEN = new Set(['planned', 'awaitingApproval', 'awaitingInput', 'approved', 'executing']);
const ENDED = new Set(['completed', 'failed']);

const ledgerSchema = z.object({
  events: z.array(
    z.object({
      seq: z.number(),
      type: z.string(),
      callId: z.string().nullable(),
      approvalId: z.string().nullable(),
    }),
  ),
  steps: z.array(z.object({ no: z.number(), committed: z.boolean(), read: z.number(), text: z.string() })),
  calls: z.array(z.object({ id: z.string(), name: z.string(), state: z.string(), step: z.number() })),
  stepCost: z.number(),
  stepTokens: z.number(),
  cost: z.number(),
  tokens: z.number(),
  inbox: z.number(),
  delivered: z.number(),
  read: z.number(),
  unmarked: z.number(),
  slotDrift: z.number(),
  nextRuns: z.number(),
  approvals: z.array(z.string()),
  branch: z.string(),
  baseSha: z.string(),
  overlay: z.number(),
});
export type Ledger = z.infer<typeof ledgerSchema>;

export async function readLedger(cloud: Cloud, runId: string): Promise<Ledger> {
  const { rows } = await cloud.db.execute(sql`SELECT
    (SELECT jsonb_agg(jsonb_build_object('seq', seq, 'type', type, 'callId', data ->> 'toolCallId',
      'approvalId', data ->> 'approvalId') ORDER BY seq)
      FROM run_events e WHERE e.run_id = r.id) AS events,
    (SELECT COALESCE(jsonb_agg(jsonb_build_object('no', step_no, 'committed', committed_at IS NOT NULL,
      'read', delivered_seq, 'text', content::text) ORDER BY step_no), '[]') FROM steps s WHERE s.run_id = r.id) AS steps,
    (SELECT COALESCE(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'state', state,
      'step', step_no) ORDER BY step_no, ordinal),
      '[]') FROM tool_calls c WHERE c.run_id = r.id) AS calls,
    (SELECT COALESCE(jsonb_agg(state ORDER BY id), '[]') FROM approvals p WHERE p.run_id = r.id) AS approvals,
    (SELECT COALESCE(sum(cost_micro_usd), 0)::float8 FROM steps s WHERE s.run_id = r.id) AS "stepCost",
    (SELECT COALESCE(sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens), 0)::float8
      FROM steps s WHERE s.run_id = r.id) AS "stepTokens",
    (r.cost_micro_usd - r.estimated_cost_micro_usd)::float8 AS cost,
    (r.input_tokens + r.output_tokens + r.cache_read_tokens + r.cache_write_tokens)::float8 AS tokens,
    r.inbox_seq AS inbox, r.delivered_seq AS delivered,
    (SELECT COALESCE(max(GREATEST(delivered_seq, answered_seq)), 0) FROM steps s WHERE s.run_id = r.id)::int AS read,
    (SELECT count(*) FROM messages m WHERE m.run_id = r.id AND m.seq <= r.delivered_seq AND m.taken_at IS NULL
      AND m.withdrawn_at IS NULL)::int AS unmarked,
    (SELECT o.running - (SELECT count(*) FROM runs s WHERE s.organisation_id = o.organisation_id
        AND (s.status = 'running' OR (s.status = 'queued' AND s.holds_slot))) FROM organisation_runs o WHERE o.organisation_id = r.organisation_id)::int AS "slotDrift",
    (SELECT count(*) FROM runs n WHERE n.agent_id = r.agent_id AND n.prompt = ${FOLLOW_UP}::text)::int AS "nextRuns", COALESCE(w.branch, '') AS branch, COALESCE(w.base_sha, '') AS "baseSha",
    (SELECT count(*) FROM workspace_files f WHERE f.workspace_id = w.id)::int AS overlay
    FROM runs r JOIN workspaces w ON w.id = r.workspace_id WHERE r.id = ${runId}::text`);
  return ledgerSchema.parse(rows[0]);
}

/** What holds of every run that has ended. */
export function judgeLedger({ events, steps, calls, ...ledger }: Ledger): string[] {
  const { wrong, expect } = comparison();
  const inOrder = (numbers: number[]) => numbers.map((_, at) => at + 1);
  const eventNumbers = events.map(({ seq }) => seq);
  expect('numbers of events', eventNumbers, inOrder(eventNumbers));
  const ends = events.filter(({ type }) => TERMINAL.includes(type)).map(({ seq }) => seq);
  expect('terminal events', ends, [events.length]);
  const stepNumbers = steps.map(({ no }) => no);
  expect('numbers of steps', stepNumbers, inOrder(stepNumbers));
  expect(
    'calls left open',
    calls.filter(({ state }) => OPEN.has(state)),
    [],
  );
  expect(
    'approvals left open',
    ledger.approvals.filter((state) => state === 'pending'),
    [],
  );
  const countOf = (type: string, id: string) =>
    events.filter((event) => event.type === type && event.callId === id).length;
  const asking = new Set(
    calls.filter(({ id }) => countOf('approval.requested', id) > 0).map(({ step }) => step),
  );
  for (const { id, name, state, step } of calls) {
    const of = (type: string) => countOf(type, id);
    // What is asked of the user is told as that.
    const starts = of(name === 'ask_user' ? 'question.asked' : 'toolCall.started');
    // A step that asks its user tells of that, and then of ends.
    if (starts > 1 || (ENDED.has(state) && !asking.has(step))) expect(`starts of ${name}`, starts, 1);
    const ended = [of('toolCall.completed'), of('toolCall.failed')];
    // One that its user left as it is ends with the step; one that nobody decided on does not.
    const wasLeft = state === 'needsReview' && of('toolCall.failed') === 1;
    const hasFailed = state === 'failed' || state === 'denied' || wasLeft;
    expect(`ends of ${name}`, ended, [Number(state === 'completed'), Number(hasFailed)]);
  }
  const decided = events
    .filter(({ type }) => type === 'approval.decided')
    .map(({ approvalId }) => approvalId);
  expect('approvals decided once', new Set(decided).size, decided.length);
  expect('cost', ledger.cost, ledger.stepCost);
  expect('tokens', ledger.tokens, ledger.stepTokens);
  expect('how far its steps had read the inbox', ledger.read, ledger.delivered);
  expect('messages that were heard and may still be changed', ledger.unmarked, 0);
  expect('runs at work that are counted and are not there', ledger.slotDrift, 0);
  return wrong;
}

/** What holds of a run that has done its task. */
export function judgeWholeLedger({ events, steps, calls, ...ledger }: Ledger): string[] {
  const { wrong, expect } = comparison();
  const countOf = (type: string) => events.filter((event) => event.type === type).length;
  const stateCount = (state: string) => calls.filter((call) => call.state === state).length;

  expect('open steps', steps.filter(({ committed }) => !committed).length, 0);
  expect('calls', calls.length, EXPECTED.calls);
  expect('failed calls', stateCount('failed'), EXPECTED.failedCalls);
  const denied = stateCount('denied');
  expect('completed calls', stateCount('completed'), EXPECTED.calls - EXPECTED.failedCalls - denied);
  expect('commit events', countOf('commit.created'), EXPECTED.subjects.length);
  expect('pull request events', countOf('pullRequest.opened'), 1 - denied);
  expect('plans', countOf('plan.updated'), 1);
  expect('file events', countOf('file.changed'), 2);
  expect('starts', countOf('run.started'), 1);

  const received = countOf('message.received');
  expect('times the message was taken, by this run or a next one', received + ledger.nextRuns, 1);
  expect('inbox', [ledger.inbox, ledger.delivered], [received, received]);
  // One that the first turn reads with its prompt is no note to the scripted model; one that the last turn missed makes it take another.
  const heard = steps.filter(({ text }) => text.includes(FOLLOW_UP)).length;
  const readBy = (no: number) => steps.find((step) => step.no === no)?.read ?? 0;
  expect('times the model heard the message', heard, received - readBy(1));
  expect('steps', steps.length, TURNS + received - readBy(TURNS));
  expect('edits left over', ledger.overlay, 0);
  return wrong;
}
