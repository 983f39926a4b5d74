import { beforeEach, describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest } from '../../../test/support/deliver.ts';

const { cloud, api, token, stranger, userId } = await openApi();

let agentId: string;
beforeEach(async () => {
  agentId = (await api.post('/agents', { maxSteps: 30 }, { token })).body.id;
});

const template = {
  prompt: 'Triage {{label}}, {{limit}} at most.',
  parameters: { label: { type: 'string', default: 'bug' }, limit: { type: 'number' } },
};

async function goal(more: object = {}) {
  const { body } = await api.post('/goals', { name: 'Triage', agentId, ...template, ...more }, { token });
  return body;
}
const run = (goalId: string, parameters: object = { limit: 5 }, headers = {}) =>
  api.post(`/goals/${goalId}/run`, { parameters }, { token, headers });

describe('POST /goals', () => {
  it('saves a prompt with its parameters and limits', async () => {
    const { status, body, headers } = await api.post(
      '/goals',
      { name: 'Triage', agentId, ...template, maxCostUsd: 1.5 },
      { token },
    );
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/goals/${body.id}`);
    expect(body).toMatchObject({
      userId,
      agentId,
      ...template,
      maxSteps: null,
      maxCostUsd: 1.5,
      status: 'active',
    });
    expect((await api.get(`/goals/${body.id}`, { token })).body).toEqual(body);
  });

  it.each([
    [{ agentId: 'agent_01kb9d3c7pf5wtq2h8n6vx4zzz' }, 'body.agentId'],
    [{ prompt: 'Do {{what}}' }, 'body.prompt'],
    [{ parameters: { ...template.parameters, 'a b': { type: 'string' } } }, 'body.parameters.a b'],
    [{ parameters: { ...template.parameters, limit: { type: 'date' } } }, 'body.parameters.limit.type'],
    [
      { parameters: { ...template.parameters, limit: { type: 'number', default: 'x' } } },
      'body.parameters.limit.default',
    ],
    [{ name: ' ' }, 'body.name'],
    [{ maxSteps: 0 }, 'body.maxSteps'],
  ])('refuses %j and names the field', async (wrong, field) => {
    const { status, body } = await api.post(
      '/goals',
      { name: 'Triage', agentId, ...template, ...wrong },
      { token },
    );
    expect(status).toBe(400);
    expect(body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  it("refuses another organisation's agent and an archived one", async () => {
    const body = { name: 'Triage', agentId, ...template };
    expect((await api.post('/goals', body, { token: stranger })).status).toBe(400);
    await api.delete(`/agents/${agentId}`, { token });
    expect((await api.post('/goals', body, { token })).body.errors).toEqual([
      { field: 'body.agentId', message: 'The agent is archived.' },
    ]);
  });
});

it('changes what is given and nothing else', async () => {
  const { id, ...made } = await goal({ maxSteps: 5, maxDurationSeconds: 60 });
  const changes = { name: 'Evening', maxSteps: null };
  const { status, body } = await api.patch(`/goals/${id}`, changes, { token });
  expect(status).toBe(200);
  expect(body).toEqual({ ...made, id, ...changes, updatedAt: expect.any(String) });
  const wrong = await api.patch(`/goals/${id}`, { parameters: {} }, { token });
  expect(wrong.body.errors).toMatchObject([{ field: 'body.prompt' }]);
  expect((await api.patch(`/goals/${id}`, changes, { token: stranger })).status).toBe(404);
});

it('lists goals by status, newest first, without the archived', async () => {
  const [one, two, three] = [await goal(), await goal(), await goal()];
  await api.patch(`/goals/${two.id}`, { status: 'paused' }, { token });
  expect((await api.delete(`/goals/${one.id}`, { token })).status).toBe(204);
  const ids = async (query: string) =>
    (await api.get(`/goals${query}`, { token })).body.data.map(({ id }: { id: string }) => id);
  expect((await ids('')).slice(0, 2)).toEqual([three.id, two.id]);
  expect(await ids('?status=paused')).toEqual([two.id]);
  expect(await ids('?status=archived')).toEqual([one.id]);
  expect((await api.get('/goals', { token: stranger })).body.data).toEqual([]);
  const page = await api.get('/goals?limit=1', { token });
  expect(await ids(`?limit=1&cursor=${page.body.nextCursor}`)).toEqual([two.id]);
});

describe('PATCH /goals/:id with schedules', () => {
  it('refuses parameters that a schedule of it does not fit, and names that', async () => {
    const { id } = await goal();
    const path = `/goals/${id}`;
    const schedule = { cron: '0 9 * * *', timeZone: 'Europe/Berlin', parameters: { limit: 5 } };
    const { body } = await api.post(`${path}/schedules`, schedule, { token });
    const parameters = { label: { type: 'string', default: 'bug' }, limit: { type: 'string' } };
    const refused = await api.patch(path, { parameters }, { token });
    expect([refused.status, refused.body]).toMatchObject([
      422,
      {
        code: 'scheduleUnfit',
        errors: [{ field: `schedules.${body.id}.parameters.limit`, message: 'Expected a string.' }],
      },
    ]);
    expect((await api.get(path, { token })).body.parameters).toEqual(template.parameters);
    await api.post(`${path}/schedules/${body.id}/pause`, undefined, { token });
    expect((await api.patch(path, { parameters }, { token })).status).toBe(200);
    expect((await api.post(`${path}/schedules/${body.id}/resume`, undefined, { token })).status).toBe(400);
  });
});

describe('POST /goals/:id/run', () => {
  it('starts a run with the prompt filled in and the limits of the goal', async () => {
    const { id } = await goal({ maxCostUsd: 0.5 });
    const { status, body, headers } = await run(id);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/runs/${body.id}`);
    expect(body).toMatchObject({
      agentId,
      goalId: id,
      scheduleId: null,
      slotAt: null,
      prompt: 'Triage bug, 5 at most.',
      maxSteps: 30,
      maxCostUsd: 0.5,
    });
    expect(await deliverUntilRest(cloud, body.id)).toBe('completed');
    const listed = await api.get(`/runs?goalId=${id}&status=completed`, { token });
    expect(listed.body.data.map((found: { id: string }) => found.id)).toEqual([body.id]);
    expect((await api.get(`/runs?goalId=${id}&status=failed`, { token })).body.data).toEqual([]);
  });

  it('holds its runs to the result that the goal asks for, in the order of its keys', async () => {
    const outputSchema = { type: 'object', properties: { z: { type: 'integer' }, a: { type: 'string' } } };
    const { id } = await goal({ outputSchema });
    expect(JSON.stringify((await api.get(`/goals/${id}`, { token })).body.outputSchema)).toBe(
      JSON.stringify(outputSchema),
    );
    const { body } = await run(id);
    expect(JSON.stringify(body.outputSchema)).toBe(JSON.stringify(outputSchema));
    await api.post(`/runs/${body.id}/cancel`, undefined, { token });
    expect((await api.patch(`/goals/${id}`, { outputSchema: null }, { token })).body.outputSchema).toBeNull();
    expect((await run(id)).body.outputSchema).toBeNull();
    const wrong = await api.patch(`/goals/${id}`, { outputSchema: { type: 'int' } }, { token });
    expect(wrong.body.errors).toMatchObject([{ field: 'body.outputSchema.type' }]);
  });

  it('stays the run of its goal when it is retried, with the limits it had', async () => {
    const outputSchema = { type: 'object', properties: { a: { type: 'string' } } };
    const { id } = await goal({ maxSteps: 7, maxCostUsd: 0.5, maxDurationSeconds: 60, outputSchema });
    const { body } = await run(id);
    await api.post(`/runs/${body.id}/cancel`, undefined, { token });
    await api.patch(`/goals/${id}`, { maxSteps: 9, outputSchema: null }, { token });
    const retried = await api.post(`/runs/${body.id}/retry`, undefined, { token });
    const limits = { maxSteps: 7, maxCostUsd: 0.5, maxDurationSeconds: 60, outputSchema };
    expect(retried.body).toMatchObject({ goalId: id, scheduleId: null, slotAt: null, ...limits });
    const listed = await api.get(`/runs?goalId=${id}`, { token });
    expect(listed.body.data).toHaveLength(2);
  });

  it('runs also a paused goal, and no archived one', async () => {
    const { id } = await goal();
    await api.patch(`/goals/${id}`, { status: 'paused' }, { token });
    expect((await run(id)).status).toBe(201);
    await api.delete(`/goals/${id}`, { token });
    await api.delete(`/goals/${id}`, { token });
    expect((await run(id)).body.code).toBe('goalArchived');
    expect((await api.patch(`/goals/${id}`, { status: 'active' }, { token })).body.code).toBe('goalArchived');
  });

  it('refuses wrong parameters, a busy agent and an archived one', async () => {
    const { id } = await goal();
    expect((await run(id, {})).body.errors).toMatchObject([{ field: 'body.parameters.limit' }]);
    expect((await run(id, { limit: 1, other: 2 })).body.errors).toMatchObject([
      { field: 'body.parameters.other' },
    ]);
    await run(id);
    expect((await run(id)).body.code).toBe('agentBusy');
    await api.delete(`/agents/${agentId}`, { token });
    expect((await run(id)).body.code).toBe('agentArchived');
    expect((await api.post(`/goals/${id}/run`, {}, { token: stranger })).status).toBe(404);
  });

  it('starts once under one key', async () => {
    const { id } = await goal();
    const key = { 'idempotency-key': `once-${id}` };
    const [first, second] = [await run(id, { limit: 1 }, key), await run(id, { limit: 1 }, key)];
    expect(second.body).toEqual(first.body);
    expect((await api.get(`/runs?goalId=${id}`, { token })).body.data).toHaveLength(1);
  });
});
