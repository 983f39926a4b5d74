import { verify } from '@octokit/webhooks-methods';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commitFiles, openGitHub, refusal, todo } from './testing.ts';

interface Received {
  event: string | null;
  headers: Headers;
  body: string;
}

/** A receiver that answers as told and remembers what came. */
function receiver(answer: () => Response = () => new Response('ok')) {
  const received: Received[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    received.push({
      event: request.headers.get('x-github-event'),
      headers: request.headers,
      body: await request.text(),
    });
    return answer();
  };
  return { received, fetch };
}

const hook = { ...todo, config: { url: 'http://app.test/hook', content_type: 'json', secret: 'whsec' } };
const payload = z.looseObject({ action: z.string().optional() });

describe('webhooks', () => {
  it('pings, then sends signed events in the order in which things happened', async () => {
    const { received, fetch } = receiver();
    const { demo, deliveriesSettled } = await openGitHub({ fetch });
    const made = await demo.request('POST /repos/{owner}/{repo}/hooks', {
      ...hook,
      events: ['push', 'pull_request', 'issues', 'issue_comment'],
    });
    expect(made.data.config).toMatchObject({ secret: '********', content_type: 'json' });
    const head = await commitFiles(demo, 'feature', { a: '1' }, 'Add a');
    await demo.request('POST /repos/{owner}/{repo}/pulls', {
      ...todo,
      title: 'T',
      head: 'feature',
      base: 'main',
    });
    await demo.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...todo,
      issue_number: 1,
      body: 'Hello',
    });
    await demo.request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', { ...todo, pull_number: 1 });
    await deliveriesSettled();
    const told = received.map(({ event, body }) => [event, payload.parse(JSON.parse(body)).action]);
    expect(told).toEqual([
      ['ping', undefined],
      ['push', undefined],
      ['pull_request', 'opened'],
      ['issue_comment', 'created'],
      ['pull_request', 'closed'],
      ['push', undefined],
    ]);
    for (const { headers, body } of received) {
      expect(await verify('whsec', body, headers.get('x-hub-signature-256') ?? '')).toBe(true);
      expect(await verify('other', body, headers.get('x-hub-signature-256') ?? '')).toBe(false);
    }
    expect(new Set(received.map(({ headers }) => headers.get('x-github-delivery'))).size).toBe(6);
    expect(JSON.parse(received[1]?.body ?? '')).toMatchObject({
      ref: 'refs/heads/feature',
      before: '0'.repeat(40),
      after: head,
      created: true,
      forced: false,
      commits: [{ id: head, message: 'Add a' }],
      repository: { full_name: 'demo/todo-api' },
      sender: { login: 'demo' },
    });
  });

  it('records deliveries, and repeats a lost one only when asked', async () => {
    let up = false;
    const { received, fetch } = receiver(() => {
      if (!up) throw new TypeError('connection refused');
      return new Response('fine', { status: 202 });
    });
    const { demo, deliveriesSettled } = await openGitHub({ fetch });
    const { data } = await demo.request('POST /repos/{owner}/{repo}/hooks', hook);
    await deliveriesSettled();
    const list = async () =>
      (
        await demo.request('GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries', {
          ...todo,
          hook_id: data.id,
        })
      ).data;
    const [lost] = await list();
    expect(lost).toMatchObject({ event: 'ping', status: 'failed to connect to host', status_code: 0 });
    up = true;
    await demo.request('POST /repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts', {
      ...todo,
      hook_id: data.id,
      delivery_id: Number(lost?.id),
    });
    await deliveriesSettled();
    expect(received).toHaveLength(2);
    expect((await list())[0]).toMatchObject({
      guid: lost?.guid,
      redelivery: true,
      status: 'OK',
      status_code: 202,
    });
  });

  it('sends forms unless asked for JSON, and nothing to hooks that are gone', async () => {
    const { received, fetch } = receiver();
    const { demo, deliveriesSettled } = await openGitHub({ fetch });
    const { data } = await demo.request('POST /repos/{owner}/{repo}/hooks', {
      ...todo,
      config: { url: 'http://app.test/form' },
    });
    await demo.request('DELETE /repos/{owner}/{repo}/hooks/{hook_id}', { ...todo, hook_id: data.id });
    await commitFiles(demo, 'main', { a: '1' });
    await deliveriesSettled();
    expect(received.map(({ event }) => event)).toEqual(['ping']);
    expect(received[0]?.headers.get('x-hub-signature-256')).toBeNull();
    expect(JSON.parse(new URLSearchParams(received[0]?.body).get('payload') ?? '')).toHaveProperty('zen');
  });

  it('refuses hooks that are twins, have no address or name no event, and hides them from strangers', async () => {
    const { fetch } = receiver();
    const { demo, octo } = await openGitHub({ fetch });
    const create = (more: object) => demo.request('POST /repos/{owner}/{repo}/hooks', { ...hook, ...more });
    await create({});
    expect((await refusal(create({}))).errors).toEqual([
      { resource: 'Hook', code: 'custom', message: 'Hook already exists on this repository' },
    ]);
    expect((await refusal(create({ config: { url: 'nowhere' } }))).status).toBe(422);
    expect((await refusal(create({ events: ['pushes'], config: { url: 'http://b.test' } }))).status).toBe(
      422,
    );
    expect((await refusal(octo.request('GET /repos/{owner}/{repo}/hooks', todo))).status).toBe(404);
  });
});
