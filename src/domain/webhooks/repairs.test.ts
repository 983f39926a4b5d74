import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { handOver, onGithub } from '../../../test/support/webhook.ts';

const { cloud, api, token } = await openApi();
await api.post('/triggers', { repository: 'demo/todo-api' }, { token });
const demo = (method: string, path: string, body?: object) =>
  onGithub(cloud, 'demo', method, `/repos/demo/todo-api${path}`, body);

/** An agent at rest with a pull request. */
async function openPull() {
  const path = `${crypto.randomUUID()}.md`;
  const prompt = scriptOf(
    { calls: [{ name: 'write_file', input: { path, content: '0\n' } }] },
    { calls: [{ name: 'commit', input: { message: 'Write it' } }] },
    { calls: [{ name: 'open_pull_request', input: { title: 'It', body: 'It' } }] },
    { text: 'Done.' },
  );
  const { body: agent } = await api.post('/agents', { prompt, repository: 'demo/todo-api' }, { token });
  expect(await deliverUntilRest(cloud, agent.activeRun.id)).toBe('completed');
  await cloud.github.deliveriesSettled();
  const [pull] = await demo('GET', `/pulls?head=demo:${agent.branch}`);
  const push = async (content: string) => {
    const file = await demo('GET', `/contents/${path}?ref=${agent.branch}`).catch(() => undefined);
    const made = await demo('PUT', `/contents/${path}`, {
      message: `Make it ${content}`,
      content: btoa(content),
      branch: agent.branch,
      ...(file ? { sha: file.sha } : {}),
    });
    return String(made.commit.sha);
  };
  const fail = async (headSha: string, summary?: string) => {
    const before = await heard();
    const output = summary === undefined ? {} : { output: { summary } };
    const check = { name: 'test', headSha, conclusion: 'failure' as const, ...output };
    await cloud.github.reportCheck('demo/todo-api', check);
    await cloud.github.deliveriesSettled();
    return (await heard()) - before;
  };
  const heard = async () => {
    const { rows } = await cloud.db.execute<{ n: number }>(
      sql`SELECT (SELECT count(*)::int FROM runs WHERE agent_id = ${agent.id}::text)
        + (SELECT count(*)::int FROM messages WHERE agent_id = ${agent.id}::text) AS n`,
    );
    return rows[0]?.n ?? 0;
  };
  return { agent, pull, push, fail, headSha: String(pull.head.sha) };
}

it('mends three times at most, and each commit once', { timeout: 60_000 }, async () => {
  const { push, fail, headSha } = await openPull();
  expect(await fail(headSha)).toBe(1);
  expect(await fail(headSha)).toBe(0);
  expect(await fail(await push('1'))).toBe(1);
  expect(await fail(await push('2'))).toBe(1);
  expect(await fail(await push('3'))).toBe(0);
});

it('stops when the failure says the same again', { timeout: 60_000 }, async () => {
  const { push, fail, headSha } = await openPull();
  expect(await fail(headSha, 'expected 204')).toBe(1);
  expect(await fail(await push('1'), 'expected 204')).toBe(0);
  expect(await fail(await push('2'), 'expected 404')).toBe(1);
});

it('stops when another commit has the same files', { timeout: 60_000 }, async () => {
  const { agent, fail, headSha, pull } = await openPull();
  expect(await fail(headSha)).toBe(1);
  const { tree } = await demo('GET', `/git/commits/${headSha}`);
  const again = { message: 'Nothing new', tree: tree.sha, parents: [headSha] };
  const { sha } = await demo('POST', '/git/commits', again);
  await demo('PATCH', `/git/refs/heads/${agent.branch}`, { sha });
  expect((await demo('GET', `/pulls/${pull.number}`)).head.sha).toBe(sha);
  expect(await fail(sha)).toBe(0);
});

it('mends nothing that is not the head any more, or not open', { timeout: 60_000 }, async () => {
  const { push, fail, headSha, pull } = await openPull();
  const next = await push('1');
  expect(await fail(headSha)).toBe(0);
  await demo('PATCH', `/pulls/${pull.number}`, { state: 'closed' });
  expect(await fail(next)).toBe(0);
});

it('knows no agent by the branch of a fork that is called like its own', { timeout: 60_000 }, async () => {
  const { agent, pull } = await openPull();
  const { id } = await demo('GET', '');
  const end = (repo: number) => ({ ref: agent.branch, sha: pull.head.sha, repo: { id: repo } });
  const payload = {
    action: 'submitted',
    repository: { id, full_name: 'demo/todo-api' },
    pull_request: { ...pull, number: 999, head: end(4_711), base: end(id) },
    review: { id: 1, state: 'commented', body: 'Mine', user: { login: 'demo', type: 'User' } },
  };
  const delivery = {
    event: 'pull_request_review',
    deliveryId: crypto.randomUUID(),
    body: JSON.stringify(payload),
  };
  expect((await handOver(cloud, delivery)).outcomes).toEqual([{ kind: 'ignored', why: 'noAgent' }]);
});

it('gives an issue another agent when its own was put away, or is done', { timeout: 60_000 }, async () => {
  const { number } = await demo('POST', '/issues', { title: 'Again', labels: ['cadence'] });
  await cloud.github.deliveriesSettled();
  const agentIds = new Set<string>();
  const note = async () => {
    await cloud.github.deliveriesSettled();
    const { rows } = await cloud.db.execute<{ agent_id: string; state: string }>(
      sql`SELECT agent_id, state FROM github_threads WHERE number = ${Number(number)}::int`,
    );
    agentIds.add(rows[0]?.agent_id ?? '');
    return rows[0]?.agent_id ?? '';
  };
  await api.delete(`/agents/${await note()}`, { token });
  await demo('POST', `/issues/${number}/comments`, { body: '@cadence another one' });
  await note();
  expect(agentIds.size).toBe(2);
  await cloud.db.execute(
    sql`UPDATE github_threads SET state = 'closed' WHERE number = ${Number(number)}::int`,
  );
  // GitHub's clock has whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await demo('POST', `/issues/${number}/comments`, { body: '@cadence and once more' });
  await note();
  expect(agentIds.size).toBe(3);
});
