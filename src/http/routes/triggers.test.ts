import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApi } from '../../../test/support/api.ts';
import { onGithub } from '../../../test/support/webhook.ts';

const { cloud, api, token, stranger, userId } = await openApi();
const HOOKS = '/repos/demo/todo-api/hooks';
const hooks = async () =>
  z
    .array(
      z.object({ id: z.number(), events: z.array(z.string()), config: z.record(z.string(), z.string()) }),
    )
    .parse(await onGithub(cloud, 'demo', 'GET', HOOKS));

const create = (body: object = {}, more: object = {}) =>
  api.post('/triggers', { repository: 'demo/todo-api', ...body }, { token, ...more });

beforeEach(async () => {
  const { body } = await api.get('/triggers', { token });
  for (const { id } of body.data) await api.delete(`/triggers/${id}`, { token });
  await cloud.github.deliveriesSettled();
});

describe('POST /triggers', () => {
  it('makes a trigger with the defaults, and its webhook', async () => {
    const { status, body, headers } = await create();
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/triggers/${body.id}`);
    expect(body).toMatchObject({
      repository: 'demo/todo-api',
      userId,
      on: { issueLabel: 'cadence', mention: '@cadence', review: true, failedCheck: true, mergeOrClose: true },
      who: { permission: 'write', logins: [] },
      agent: {},
    });
    expect(await hooks()).toMatchObject([
      {
        id: body.hookId,
        config: {
          url: 'https://cadence.test/api/v1/webhooks/github',
          content_type: 'json',
          secret: '********',
        },
      },
    ]);
    expect((await api.get(`/triggers/${body.id}`, { token })).body).toEqual(body);
  });

  it('adopts the webhook that is there, and brings it up to date', async () => {
    const config = { url: 'https://cadence.test/api/v1/webhooks/github', content_type: 'json' };
    const { id } = await onGithub(cloud, 'demo', 'POST', HOOKS, { config, events: ['push'] });
    expect((await create()).body.hookId).toBe(id);
    expect((await hooks())[0]?.events).toContain('issue_comment');
    expect((await hooks())[0]?.config.secret).toBe('********');
  });

  it('makes one under an Idempotency-Key, and no webhook where none is wanted', async () => {
    const headers = { 'idempotency-key': 'trigger-1' };
    const first = await create({ createHook: false }, { headers });
    expect(first.body.hookId).toBeNull();
    expect((await create({ createHook: false }, { headers })).body).toEqual(first.body);
    expect(await hooks()).toEqual([]);
  });

  it('refuses a second one for the repository, and what no agent could have', async () => {
    expect((await create({ agent: { tools: ['nonsense'] } })).body.errors).toMatchObject([
      { field: 'body.agent.tools.0' },
    ]);
    const fallbacks = [{ provider: 'openai', model: 'nonsense' }];
    expect((await create({ agent: { fallbacks } })).body.errors).toMatchObject([
      { field: 'body.agent.fallbacks.0' },
    ]);
    expect((await create({ agent: { baseBranch: 'nowhere' } })).body.errors).toMatchObject([
      { field: 'body.agent.baseBranch' },
    ]);
    expect((await create({ repository: 'demo/nothing' })).body.errors).toMatchObject([
      { field: 'body.repository' },
    ]);
    expect((await create({ on: { mention: 'cadence' } })).body.errors).toMatchObject([
      { field: 'body.on.mention' },
    ]);
    expect((await create({ hookId: 1 })).status).toBe(400);
    expect(await hooks()).toEqual([]);
    await create();
    const { status, body } = await create();
    expect([status, body.code]).toEqual([409, 'triggerExists']);
  });

  it('is not for who may not push', async () => {
    const { status, body } = await create({}, { token: stranger });
    expect([status, body.code]).toEqual([403, 'githubForbidden']);
  });
});

describe('PATCH /triggers/{triggerId}', () => {
  it('changes what is named and leaves the rest', async () => {
    const { body: trigger } = await create({ who: { logins: ['octo'] } });
    const changes = { on: { mention: null }, agent: { maxSteps: 7 } };
    const { status, body } = await api.patch(`/triggers/${trigger.id}`, changes, { token });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      on: { issueLabel: 'cadence', mention: null },
      who: { logins: ['octo'] },
      agent: { maxSteps: 7 },
    });
  });
});

describe('DELETE /triggers/{triggerId}', () => {
  it('takes the webhook along, unless another organisation needs it', async () => {
    const { body: team } = await api.post('/organisations', { name: 'Team' }, { token });
    const headers = { 'cadence-organisation': team.id };
    const { body: theirs } = await create({}, { headers });
    const { body: mine } = await create();
    expect(theirs.hookId).toBe(mine.hookId);
    expect((await api.delete(`/triggers/${theirs.id}`, { token, headers })).status).toBe(204);
    expect(await hooks()).toHaveLength(1);
    expect((await api.delete(`/triggers/${mine.id}`, { token })).status).toBe(204);
    expect(await hooks()).toEqual([]);
    expect((await api.get(`/triggers/${mine.id}`, { token })).status).toBe(404);
  });

  it('does not mind a webhook that is gone', async () => {
    const { body } = await create();
    await onGithub(cloud, 'demo', 'DELETE', `${HOOKS}/${body.hookId}`);
    expect((await api.delete(`/triggers/${body.id}`, { token })).status).toBe(204);
  });
});

it('keeps triggers from strangers, and from members who do not manage', async () => {
  const { body } = await create();
  for (const answer of [
    await api.get(`/triggers/${body.id}`, { token: stranger }),
    await api.patch(`/triggers/${body.id}`, {}, { token: stranger }),
    await api.delete(`/triggers/${body.id}`, { token: stranger }),
  ]) {
    expect([answer.status, answer.body.code]).toEqual([404, 'notFound']);
  }
  const { body: team } = await api.post('/organisations', { name: 'Team' }, { token });
  const path = `/organisations/${team.id}/invitations`;
  const { body: invitation } = await api.post(path, { role: 'member' }, { token });
  await api.post('/invitations/accept', { token: invitation.token }, { token: stranger });
  const headers = { 'cadence-organisation': team.id };
  const answer = await api.get('/triggers', { token: stranger, headers });
  expect([answer.status, answer.body.code]).toEqual([403, 'permissionMissing']);
});
