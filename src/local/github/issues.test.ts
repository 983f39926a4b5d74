import { describe, expect, it } from 'vitest';
import { commitFiles, openGitHub, refusal, todo } from './testing.ts';

const createIssue = 'POST /repos/{owner}/{repo}/issues';
const comments = '/repos/{owner}/{repo}/issues/{issue_number}/comments' as const;
const labels = '/repos/{owner}/{repo}/issues/{issue_number}/labels' as const;
const first = { ...todo, issue_number: 1 };

describe('issues', () => {
  it('opens, lists, edits and closes them, in one sequence of numbers with pull requests', async () => {
    const { demo, octo } = await openGitHub();
    await octo.request(createIssue, { ...todo, title: 'By a stranger', labels: ['ignored'] });
    await commitFiles(demo, 'feature', { a: '1' });
    await demo.request('POST /repos/{owner}/{repo}/pulls', {
      ...todo,
      title: 'P',
      head: 'feature',
      base: 'main',
    });
    const third = await demo.request(createIssue, {
      ...todo,
      title: 'Bug',
      labels: ['bug'],
      assignees: ['octo'],
    });
    expect(third.data).toMatchObject({ number: 3, labels: [{ name: 'bug' }], assignee: { login: 'octo' } });
    const list = await demo.request('GET /repos/{owner}/{repo}/issues', todo);
    expect(list.data.map(({ number, pull_request }) => [number, pull_request !== undefined])).toEqual([
      [3, false],
      [2, true],
      [1, false],
    ]);
    const patch = (state: 'open' | 'closed') =>
      demo.request('PATCH /repos/{owner}/{repo}/issues/{issue_number}', { ...first, state });
    expect((await patch('closed')).data).toMatchObject({
      state: 'closed',
      state_reason: 'completed',
      labels: [],
    });
    expect((await patch('open')).data).toMatchObject({
      state: 'open',
      closed_at: null,
      state_reason: 'reopened',
    });
    expect((await refusal(demo.request(createIssue, { ...todo, title: '' }))).errors).toEqual([
      { resource: 'Issue', field: 'title', code: 'missing_field' },
    ]);
    const missing = demo.request('GET /repos/{owner}/{repo}/issues/{issue_number}', {
      ...todo,
      issue_number: 9,
    });
    expect((await refusal(missing)).status).toBe(404);
  });

  it('takes comments, twice when sent twice, and lets only their author and owner change them', async () => {
    const { demo, octo } = await openGitHub();
    await demo.request(createIssue, { ...todo, title: 'T' });
    const say = (octokit: typeof demo, body: string) =>
      octokit.request(`POST ${comments}`, { ...first, body });
    const { data } = await say(demo, 'Hello <!-- cadence:1 -->');
    await say(demo, 'Hello <!-- cadence:1 -->');
    expect((await demo.request(`GET ${comments}`, first)).data.map(({ body }) => body)).toEqual([
      'Hello <!-- cadence:1 -->',
      'Hello <!-- cadence:1 -->',
    ]);
    const single = { ...todo, comment_id: data.id };
    const path = '/repos/{owner}/{repo}/issues/comments/{comment_id}' as const;
    expect((await demo.request(`GET ${path}`, single)).data.user?.login).toBe('demo');
    expect((await refusal(octo.request(`PATCH ${path}`, { ...single, body: 'x' }))).status).toBe(403);
    await demo.request(`DELETE ${path}`, single);
    expect((await refusal(demo.request(`GET ${path}`, single))).status).toBe(404);
    expect((await refusal(say(demo, ' '))).errors).toEqual([
      { resource: 'IssueComment', field: 'body', code: 'missing_field' },
    ]);
  });

  it('adds a label once however often it is sent, and removes only what is there', async () => {
    const { demo, octo } = await openGitHub();
    await demo.request(createIssue, { ...todo, title: 'T' });
    const add = (names: string[]) => demo.request(`POST ${labels}`, { ...first, labels: names });
    await add(['bug']);
    expect((await add(['Bug', 'help wanted'])).data.map(({ name }) => name)).toEqual(['bug', 'help wanted']);
    const remove = (name: string) => demo.request(`DELETE ${labels}/{name}`, { ...first, name });
    expect((await remove('help wanted')).data.map(({ name }) => name)).toEqual(['bug']);
    expect(await refusal(remove('help wanted'))).toMatchObject({
      status: 404,
      message: 'Label does not exist',
    });
    expect((await demo.request(`GET ${labels}`, first)).data).toHaveLength(1);
    expect((await refusal(octo.request(`POST ${labels}`, { ...first, labels: ['x'] }))).status).toBe(404);
  });

  it('makes labels by themselves and on the fly, and refuses what GitHub refuses', async () => {
    const { demo, octo } = await openGitHub();
    await demo.request(createIssue, { ...todo, title: 'T' });
    const make = (octokit: typeof demo, label: { name: string; color?: string }) =>
      octokit.request('POST /repos/{owner}/{repo}/labels', { ...todo, ...label });
    expect((await make(demo, { name: 'voice', color: 'ff0000' })).data).toMatchObject({
      name: 'voice',
      color: 'ff0000',
      description: null,
    });
    await demo.request(`POST ${labels}`, { ...first, labels: ['made here'] });
    const known = await demo.request('GET /repos/{owner}/{repo}/labels', todo);
    expect(known.data.map(({ name }) => name)).toEqual(expect.arrayContaining(['voice', 'made here']));
    const one = { ...todo, name: 'Voice' };
    expect((await demo.request('GET /repos/{owner}/{repo}/labels/{name}', one)).data.name).toBe('voice');
    const ghost = demo.request('GET /repos/{owner}/{repo}/labels/{name}', { ...todo, name: 'ghost' });
    expect((await refusal(ghost)).status).toBe(404);

    const twice = { resource: 'Label', field: 'name', code: 'already_exists' };
    expect((await refusal(make(demo, { name: 'VOICE' }))).errors).toEqual([twice]);
    const long = { resource: 'Label', field: 'name', code: 'invalid' };
    expect((await refusal(make(demo, { name: 'x'.repeat(51) }))).errors).toEqual([long]);
    const onTheFly = demo.request(`POST ${labels}`, { ...first, labels: ['x'.repeat(51)] });
    expect((await refusal(onTheFly)).errors).toEqual([long]);
    expect((await refusal(make(demo, { name: 'x', color: 'red' }))).status).toBe(422);
    expect((await refusal(make(octo, { name: 'x' }))).status).toBe(404);
  });
});
