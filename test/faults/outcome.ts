import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Cloud } from '../support/cloud.ts';
import type { Seen } from './row-watch.ts';
import { EXPECTED, FOLLOW_UP } from './task.ts';

const TERMINAL = ['run.completed', 'run.failed', 'run.cancelled'];

const ledgerSchema = z.object({
  events: z.array(z.object({ seq: z.number(), type: z.string(), callId: z.string().nullable() })),
  steps: z.array(z.object({ no: z.number(), committed: z.boolean(), text: z.string() })),
  calls: z.array(z.object({ id: z.string(), name: z.string(), state: z.string() })),
  stepCost: z.number(),
  stepTokens: z.number(),
  cost: z.number(),
  tokens: z.number(),
  inbox: z.number(),
  delivered: z.number(),
  branch: z.string(),
  baseSha: z.string(),
  overlay: z.number(),
});
type Ledger = z.infer<typeof ledgerSchema>;

/** What is wrong with a run that ought to have done the whole task, in our tables and, above all, on GitHub. */
export async function judgeOutcome(cloud: Cloud, token: string, seen: Seen | null): Promise<string[]> {
  if (!seen) return ['there is no run'];
  const { status, error, step_no } = seen.row;
  const wrong: string[] = [];
  if (status !== 'completed') wrong.push(`the run is ${status}: ${JSON.stringify(error)}`);
  if (step_no !== EXPECTED.steps) wrong.push(`it took ${step_no} steps`);
  const ledger = await readLedger(cloud, seen.row.id);
  return [...wrong, ...judgeLedger(ledger), ...(await judgeRepository(cloud, token, ledger))];
}

async function readLedger(cloud: Cloud, runId: string): Promise<Ledger> {
  const { rows } = await cloud.db.execute(sql`SELECT
    (SELECT jsonb_agg(jsonb_build_object('seq', seq, 'type', type, 'callId', data ->> 'toolCallId') ORDER BY seq)
      FROM run_events e WHERE e.run_id = r.id) AS events,
    (SELECT jsonb_agg(jsonb_build_object('no', step_no, 'committed', committed_at IS NOT NULL, 'text', content::text)
      ORDER BY step_no) FROM steps s WHERE s.run_id = r.id) AS steps,
    (SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name, 'state', state) ORDER BY step_no, ordinal)
      FROM tool_calls c WHERE c.run_id = r.id) AS calls,
    (SELECT sum(cost_micro_usd)::float8 FROM steps s WHERE s.run_id = r.id) AS "stepCost",
    (SELECT sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens)::float8
      FROM steps s WHERE s.run_id = r.id) AS "stepTokens",
    r.cost_micro_usd::float8 AS cost,
    (r.input_tokens + r.output_tokens + r.cache_read_tokens + r.cache_write_tokens)::float8 AS tokens,
    r.inbox_seq AS inbox, r.delivered_seq AS delivered, w.branch, w.base_sha AS "baseSha",
    (SELECT count(*) FROM workspace_files f WHERE f.workspace_id = w.id)::int AS overlay
    FROM runs r JOIN workspaces w ON w.id = r.workspace_id WHERE r.id = ${runId}::text`);
  return ledgerSchema.parse(rows[0]);
}

function judgeLedger({ events, steps, calls, ...ledger }: Ledger): string[] {
  const wrong: string[] = [];
  const expect = (what: string, is: unknown, should: unknown) => {
    if (JSON.stringify(is) !== JSON.stringify(should)) {
      wrong.push(`${what}: ${JSON.stringify(is)} instead of ${JSON.stringify(should)}`);
    }
  };
  const countOf = (type: string) => events.filter((event) => event.type === type).length;

  expect(
    'numbers of events',
    events.map(({ seq }) => seq),
    events.map((_, at) => at + 1),
  );
  const ends = events.filter(({ type }) => TERMINAL.includes(type)).map(({ seq }) => seq);
  expect('terminal events', ends, [events.length]);
  expect(
    'numbers of steps',
    steps.map(({ no }) => no),
    steps.map((_, at) => at + 1),
  );
  expect('open steps', steps.filter(({ committed }) => !committed).length, 0);

  const stateCount = (state: string) => calls.filter((call) => call.state === state).length;
  expect('calls', calls.length, EXPECTED.calls);
  expect('failed calls', stateCount('failed'), EXPECTED.failedCalls);
  expect('completed calls', stateCount('completed'), EXPECTED.calls - EXPECTED.failedCalls);
  for (const { id, name, state } of calls) {
    const of = (type: string) => events.filter((event) => event.type === type && event.callId === id).length;
    expect(`starts of ${name}`, of('toolCall.started'), 1);
    expect(
      `ends of ${name}`,
      [of('toolCall.completed'), of('toolCall.failed')],
      state === 'completed' ? [1, 0] : [0, 1],
    );
  }
  expect('commit events', countOf('commit.created'), EXPECTED.subjects.length);
  expect('pull request events', countOf('pullRequest.opened'), 1);
  expect('plans', countOf('plan.updated'), 1);
  expect('file events', countOf('file.changed'), 2);
  expect('starts', countOf('run.started'), 1);

  expect('received messages', countOf('message.received'), 1);
  expect('times the model heard the message', steps.filter(({ text }) => text.includes(FOLLOW_UP)).length, 1);
  expect('inbox', [ledger.inbox, ledger.delivered], [1, 1]);

  expect('cost', ledger.cost, ledger.stepCost);
  expect('tokens', ledger.tokens, ledger.stepTokens);
  expect('edits left over', ledger.overlay, 0);
  return wrong;
}

const commitsSchema = z.object({
  commits: z.array(z.object({ sha: z.string(), commit: z.object({ message: z.string() }) })),
});
const pullsSchema = z.array(z.object({ state: z.string(), head: z.object({ sha: z.string() }) }));
const contentSchema = z.object({ content: z.string() });

/** Counts in the stand-in what an effect left there. */
async function judgeRepository(cloud: Cloud, token: string, { branch, baseSha }: Ledger): Promise<string[]> {
  const read = async (path: string): Promise<unknown> => {
    const url = `${cloud.github.apiUrl}/repos/demo/todo-api${path}`;
    const headers = { authorization: `Bearer ${token}`, 'user-agent': 'cadence-faults' };
    return (await cloud.github.fetch(new Request(url, { headers }))).json();
  };
  const ref = encodeURIComponent(branch);
  const compared = commitsSchema.safeParse(await read(`/compare/main...${ref}`));
  if (!compared.success) return ['there is no branch'];
  const { commits } = compared.data;
  const pulls = pullsSchema.parse(await read(`/pulls?state=all&head=demo:${ref}`));
  const file = contentSchema.safeParse(await read(`/contents/${EXPECTED.file.path}?ref=${ref}`));

  const wrong: string[] = [];
  const subjects = commits.map(({ commit }) => commit.message.split('\n')[0]);
  if (subjects.join() !== EXPECTED.subjects.join())
    wrong.push(`the branch has the commits ${subjects.join(', ')}`);
  const marked = new Set(
    commits.flatMap(({ commit }) => /^Cadence-Tool-Call: \S+$/m.exec(commit.message) ?? []),
  );
  if (marked.size !== commits.length) wrong.push('commits lack their trailers');
  if (commits.at(-1)?.sha !== baseSha) wrong.push('the workspace does not stand on the head of its branch');
  if (pulls.length !== 1) wrong.push(`there are ${pulls.length} pull requests`);
  if (pulls[0]?.head.sha !== commits.at(-1)?.sha)
    wrong.push('the pull request does not have the last commit');
  const content = file.success ? Buffer.from(file.data.content, 'base64').toString() : null;
  if (content !== EXPECTED.file.content) wrong.push(`the file has ${JSON.stringify(content)}`);
  return wrong;
}
