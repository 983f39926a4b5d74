import { expect, it } from 'vitest';
import { z } from 'zod';
import { commitFiles, openGitHub, refusal, todo } from './testing.ts';

/** The stand-in with a pull request of `demo`, and what its hook is told. */
async function openPull() {
  const told: { event: string | null; payload: Record<string, unknown> }[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const payload = z.record(z.string(), z.unknown()).parse(await request.json());
    told.push({ event: request.headers.get('x-github-event'), payload });
    return new Response('ok');
  };
  const github = await openGitHub({ fetch });
  const { demo } = github;
  const headSha = await commitFiles(demo, 'feature', { a: '1' });
  await demo.request('POST /repos/{owner}/{repo}/pulls', {
    ...todo,
    title: 'T',
    head: 'feature',
    base: 'main',
  });
  await demo.request('POST /repos/{owner}/{repo}/hooks', {
    ...todo,
    config: { url: 'http://app.test', content_type: 'json' },
    events: ['*'],
  });
  return { ...github, told, headSha, pull: { ...todo, pull_number: 1 } };
}

const REVIEWS = 'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews';

it('takes a review with its comments, and tells of it in small letters', async () => {
  const { octo, told, pull, headSha, deliveriesSettled } = await openPull();
  const comments = [{ path: 'a', line: 1, body: 'Why?' }];
  const made = await octo.request(REVIEWS, { ...pull, event: 'REQUEST_CHANGES', body: 'No', comments });
  expect(made.data).toMatchObject({ state: 'CHANGES_REQUESTED', commit_id: headSha, body: 'No' });
  const listed = await octo.request(
    'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments',
    { ...pull, review_id: Number(made.data.id) },
  );
  expect(listed.data).toMatchObject([{ path: 'a', line: 1, body: 'Why?' }]);
  await deliveriesSettled();
  expect(told.at(-1)).toMatchObject({
    event: 'pull_request_review',
    payload: {
      action: 'submitted',
      review: { state: 'changes_requested', user: { login: 'octo' } },
      pull_request: { number: 1 },
    },
  });
});

it('refuses a verdict on one’s own pull request, and a review that says nothing', async () => {
  const { demo, octo, pull } = await openPull();
  expect(await refusal(demo.request(REVIEWS, { ...pull, event: 'APPROVE' }))).toMatchObject({
    status: 422,
    message: 'Can not approve your own pull request',
  });
  expect((await refusal(octo.request(REVIEWS, { ...pull, event: 'COMMENT' }))).status).toBe(422);
  expect((await refusal(octo.request(REVIEWS, { ...pull, event: 'REQUEST_CHANGES' }))).status).toBe(422);
});

it('shows the last check of each name, and lets no user report one', async () => {
  const { demo, told, headSha, reportCheck, deliveriesSettled } = await openPull();
  await reportCheck('demo/todo-api', { name: 'test', headSha, conclusion: 'failure' });
  await reportCheck('demo/todo-api', { name: 'test', headSha, conclusion: 'success' });
  const { data } = await demo.request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
    ...todo,
    ref: headSha,
  });
  expect(data.check_runs.map(({ name, conclusion }) => [name, conclusion])).toEqual([['test', 'success']]);
  const own = { ...todo, name: 'mine', head_sha: headSha };
  expect((await refusal(demo.request('POST /repos/{owner}/{repo}/check-runs', own))).status).toBe(403);
  await deliveriesSettled();
  expect(told.map(({ event }) => event).filter((event) => event?.startsWith('check'))).toEqual([
    'check_run',
    'check_suite',
    'check_run',
    'check_suite',
  ]);
  expect(told.at(-2)?.payload).toMatchObject({
    check_run: { head_sha: headSha, conclusion: 'success', pull_requests: [{ number: 1 }] },
  });
});

it('says to those who may push what others may do', async () => {
  const { demo, octo } = await openPull();
  const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission';
  const of = async (username: string) => (await demo.request(route, { ...todo, username })).data.permission;
  expect([await of('demo'), await of('octo')]).toEqual(['admin', 'read']);
  expect((await refusal(octo.request(route, { ...todo, username: 'demo' }))).status).toBe(404);
  expect((await refusal(demo.request(route, { ...todo, username: 'nobody' }))).status).toBe(404);
});

it('changes hooks, whose secret goes unless it is named, and pages their deliveries by a cursor', async () => {
  const { demo, told, deliveriesSettled } = await openPull();
  const { data: hooks } = await demo.request('GET /repos/{owner}/{repo}/hooks', todo);
  const hook = { ...todo, hook_id: hooks[0]?.id ?? 0 };
  const config = { url: 'http://app.test/new', content_type: 'json', secret: 's' };
  const changed = await demo.request('PATCH /repos/{owner}/{repo}/hooks/{hook_id}', {
    ...hook,
    config,
    events: ['issues'],
  });
  expect(changed.data).toMatchObject({ events: ['issues'], config: { secret: '********', url: config.url } });
  await demo.request('POST /repos/{owner}/{repo}/issues', { ...todo, title: 'I', labels: ['bug'] });
  await deliveriesSettled();
  expect(told.slice(-2).map(({ payload }) => payload.action)).toEqual(['opened', 'labeled']);
  const list = (more: object) =>
    demo.request('GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries', { ...hook, per_page: 2, ...more });
  const first = await list({});
  const next = /<([^>]+)>; rel="next"/.exec(first.headers.link ?? '')?.[1] ?? '';
  const second = await list({ cursor: new URL(next).searchParams.get('cursor') });
  const ids = [...first.data, ...second.data].map(({ id }) => id);
  expect([ids.length, new Set(ids).size]).toEqual([3, 3]);
});
