import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Cloud } from '../support/cloud.ts';
import type { Plan } from './plan.ts';
import type { Seen } from './row-watch.ts';
import { EXPECTED, FOLLOW_UP, TURNS } from './task.ts';

/** Events that end a run. */
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
  read: z.number(),
  unmarked: z.number(),
  nextRuns: z.number(),
  branch: z.string(),
  baseSha: z.string(),
  overlay: z.number(),
});
type Ledger = z.infer<typeof ledgerSchema>;

/** What a run is that was struck again and again in the same place. */
const GIVEN_UP = new Set(['poison', 'modelUnavailable', 'toolUnavailable']);
const errorSchema = z.object({ code: z.string() }).nullable();

export interface Outcome {
  /** Empty when all is well. */
  wrong: string[];
  /** It failed for a reason that so many faults excuse; what it did is held against the same rules, as far as it came. */
  gaveUp: boolean;
}

type Judged = Pick<Plan, 'mayGiveUp' | 'followUpAfter'>;

/** What is wrong with a run that has had its time, in our tables and, above all, on GitHub. */
export async function judgeOutcome(
  cloud: Cloud,
  token: string,
  seen: Seen | null,
  { mayGiveUp, followUpAfter }: Judged,
): Promise<Outcome> {
  if (!seen) return { wrong: ['there is no run'], gaveUp: false };
  const ledger = await readLedger(cloud, seen.row.id);
  const repository = await readRepository(cloud, token, ledger.branch);
  await dropBranch(cloud, token, ledger.branch);
  const code = errorSchema.parse(seen.row.error)?.code ?? '';
  const gaveUp = mayGiveUp && seen.row.status === 'failed' && GIVEN_UP.has(code);
  const wrong = [...judgeLedger(ledger), ...judgeRepository(repository)];
  if (!gaveUp) {
    if (seen.row.status !== 'completed') wrong.push(`the run is ${seen.row.status} ${code}`);
    wrong.push(
      ...judgeWholeLedger(ledger, { mayGiveUp, followUpAfter }),
      ...judgeWholeRepository(repository, ledger),
    );
  }
  return { wrong, gaveUp };
}

async function readLedger(cloud: Cloud, runId: string): Promise<Ledger> {
  const { rows } = await cloud.db.execute(sql`SELECT
    (SELECT jsonb_agg(jsonb_build_object('seq', seq, 'type', type, 'callId', data ->> 'toolCallId') ORDER BY seq)
      FROM run_events e WHERE e.run_id = r.id) AS events,
    (SELECT COALESCE(jsonb_agg(jsonb_build_object('no', step_no, 'committed', committed_at IS NOT NULL,
      'text', content::text) ORDER BY step_no), '[]') FROM steps s WHERE s.run_id = r.id) AS steps,
    (SELECT COALESCE(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'state', state) ORDER BY step_no, ordinal),
      '[]') FROM tool_calls c WHERE c.run_id = r.id) AS calls,
    (SELECT COALESCE(sum(cost_micro_usd), 0)::float8 FROM steps s WHERE s.run_id = r.id) AS "stepCost",
    (SELECT COALESCE(sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens), 0)::float8
      FROM steps s WHERE s.run_id = r.id) AS "stepTokens",
    (r.cost_micro_usd - r.estimated_cost_micro_usd)::float8 AS cost,
    (r.input_tokens + r.output_tokens + r.cache_read_tokens + r.cache_write_tokens)::float8 AS tokens,
    r.inbox_seq AS inbox, r.delivered_seq AS delivered,
    (SELECT COALESCE(max(delivered_seq), 0) FROM steps s WHERE s.run_id = r.id)::int AS read,
    (SELECT count(*) FROM messages m WHERE m.run_id = r.id AND m.seq <= r.delivered_seq AND m.taken_at IS NULL
      AND m.withdrawn_at IS NULL)::int AS unmarked,
    (SELECT count(*) FROM runs n WHERE n.agent_id = r.agent_id AND n.prompt = ${FOLLOW_UP}::text)::int AS "nextRuns", w.branch, w.base_sha AS "baseSha",
    (SELECT count(*) FROM workspace_files f WHERE f.workspace_id = w.id)::int AS overlay
    FROM runs r JOIN workspaces w ON w.id = r.workspace_id WHERE r.id = ${runId}::text`);
  return ledgerSchema.parse(rows[0]);
}

/** Collects what is not as it should be. */
function comparison() {
  const wrong: string[] = [];
  const expect = (what: string, is: unknown, should: unknown) => {
    if (JSON.stringify(is) !== JSON.stringify(should)) {
      wrong.push(`${what}: ${JSON.stringify(is)} instead of ${JSON.stringify(should)}`);
    }
  };
  return { wrong, expect };
}

/** What holds of every run that has ended. */
function judgeLedger({ events, steps, calls, ...ledger }: Ledger): string[] {
  const { wrong, expect } = comparison();
  const inOrder = (numbers: number[]) => numbers.map((_, at) => at + 1);
  const eventNumbers = events.map(({ seq }) => seq);
  expect('numbers of events', eventNumbers, inOrder(eventNumbers));
  const ends = events.filter(({ type }) => TERMINAL.includes(type)).map(({ seq }) => seq);
  expect('terminal events', ends, [events.length]);
  const stepNumbers = steps.map(({ no }) => no);
  expect('numbers of steps', stepNumbers, inOrder(stepNumbers));
  expect('calls left planned', calls.filter(({ state }) => state === 'planned').length, 0);
  for (const { id, name, state } of calls) {
    const of = (type: string) => events.filter((event) => event.type === type && event.callId === id).length;
    expect(`starts of ${name}`, of('toolCall.started'), 1);
    const ended = [of('toolCall.completed'), of('toolCall.failed')];
    expect(`ends of ${name}`, ended, [Number(state === 'completed'), Number(state === 'failed')]);
  }
  expect('cost', ledger.cost, ledger.stepCost);
  expect('tokens', ledger.tokens, ledger.stepTokens);
  expect('how far its steps had read the inbox', ledger.read, ledger.delivered);
  expect('messages that were heard and may still be changed', ledger.unmarked, 0);
  return wrong;
}

/** What holds of a run that has done its task. */
function judgeWholeLedger({ events, steps, calls, ...ledger }: Ledger, plan: Judged): string[] {
  const { wrong, expect } = comparison();
  const countOf = (type: string) => events.filter((event) => event.type === type).length;
  const stateCount = (state: string) => calls.filter((call) => call.state === state).length;

  expect('open steps', steps.filter(({ committed }) => !committed).length, 0);
  expect('calls', calls.length, EXPECTED.calls);
  expect('failed calls', stateCount('failed'), EXPECTED.failedCalls);
  expect('completed calls', stateCount('completed'), EXPECTED.calls - EXPECTED.failedCalls);
  expect('commit events', countOf('commit.created'), EXPECTED.subjects.length);
  expect('pull request events', countOf('pullRequest.opened'), 1);
  expect('plans', countOf('plan.updated'), 1);
  expect('file events', countOf('file.changed'), 2);
  expect('starts', countOf('run.started'), 1);

  const received = countOf('message.received');
  expect('times the message was taken, by this run or a next one', received + ledger.nextRuns, 1);
  expect('inbox', [ledger.inbox, ledger.delivered], [received, received]);
  const heard = steps.filter(({ text }) => text.includes(FOLLOW_UP)).length;
  // Chance may strike the very turn in which it is sent: repeated, that turn hears it, with its prompt if it is the first.
  const { mayGiveUp, followUpAfter } = plan;
  if (!(mayGiveUp && followUpAfter === 0)) expect('times the model heard the message', heard, received);
  const isLate = received === 1 && followUpAfter === TURNS - 1;
  if (!(mayGiveUp && isLate)) expect('steps', steps.length, isLate ? TURNS + 1 : TURNS);
  expect('edits left over', ledger.overlay, 0);
  return wrong;
}

const commitsSchema = z.object({
  commits: z.array(z.object({ sha: z.string(), commit: z.object({ message: z.string() }) })),
});
const pullsSchema = z.array(z.object({ head: z.object({ sha: z.string() }) }));
const contentSchema = z.object({ content: z.string() });

interface Repository {
  /** What the branch has that `main` has not, oldest first. */
  commits: { sha: string; message: string }[];
  /** The commits at which pull requests from the branch stand. */
  pulls: string[];
  /** The text of the file that the task writes. */
  file: string | null;
}

/** Asks the stand-in, past the seam where faults are. */
function askGitHub(cloud: Cloud, token: string, path: string, method = 'GET'): Promise<Response> {
  const url = `${cloud.github.apiUrl}/repos/demo/todo-api${path}`;
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'cadence-faults' };
  return cloud.github.fetch(new Request(url, { method, headers }));
}

/** So that a run which comes after many others costs no more than the first. */
async function dropBranch(cloud: Cloud, token: string, branch: string): Promise<void> {
  await askGitHub(cloud, token, `/git/refs/heads/${encodeURIComponent(branch)}`, 'DELETE');
}

/** What effects left there; none of our own tables is believed. */
async function readRepository(cloud: Cloud, token: string, branch: string): Promise<Repository> {
  const read = async (path: string): Promise<unknown> => (await askGitHub(cloud, token, path)).json();
  const ref = encodeURIComponent(branch);
  // Where the branch was never made, these answer that there is nothing.
  const compared = commitsSchema.safeParse(await read(`/compare/main...${ref}`));
  const file = contentSchema.safeParse(await read(`/contents/${EXPECTED.file.path}?ref=${ref}`));
  const pulls = pullsSchema.parse(await read(`/pulls?state=all&head=demo:${ref}`));
  return {
    commits: (compared.data?.commits ?? []).map(({ sha, commit }) => ({ sha, message: commit.message })),
    pulls: pulls.map(({ head }) => head.sha),
    file: file.success ? Buffer.from(file.data.content, 'base64').toString() : null,
  };
}

const subjectsOf = ({ commits }: Repository) => commits.map(({ message }) => message.split('\n', 1)[0]);

/** No effect more than once, and in order. */
function judgeRepository(repository: Repository): string[] {
  const { wrong, expect } = comparison();
  const subjects = subjectsOf(repository);
  expect('commits', subjects, EXPECTED.subjects.slice(0, subjects.length));
  const trailers = repository.commits.flatMap(
    ({ message }) => /^Cadence-Tool-Call: \S+$/m.exec(message) ?? [],
  );
  expect('different trailers', new Set(trailers).size, subjects.length);
  expect('pull requests past the first', repository.pulls.slice(1), []);
  return wrong;
}

/** Every effect. */
function judgeWholeRepository(repository: Repository, { baseSha }: Ledger): string[] {
  const { wrong, expect } = comparison();
  expect('all commits', subjectsOf(repository), EXPECTED.subjects);
  const head = repository.commits.at(-1)?.sha;
  expect('the base of the workspace', baseSha, head);
  expect('the head of the pull request', repository.pulls[0], head);
  expect('the file', repository.file, EXPECTED.file.content);
  return wrong;
}
