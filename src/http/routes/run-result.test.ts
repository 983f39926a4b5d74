import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';

const { cloud, api, token } = await openApi();

const outputSchema = {
  type: 'object',
  properties: { total: { type: 'integer', minimum: 0 }, note: { type: 'string' } },
  required: ['total'],
  additionalProperties: false,
};
const submit = (input: object) => ({ calls: [{ name: 'submit_result', input }] });

/** A run of a new agent that has come to rest. */
async function ran(turns: object[], given: object = { outputSchema }) {
  const { body, status } = await api.post('/agents', { prompt: scriptOf(...turns), ...given }, { token });
  expect(status).toBe(201);
  const runId: string = body.activeRun.id;
  await deliverUntilRest(cloud, runId);
  return { run: await readRun(runId), runId, agentId: body.id };
}
const readRun = async (runId: string) => (await api.get(`/runs/${runId}`, { token })).body;
const readSteps = async (runId: string) => (await api.get(`/runs/${runId}/steps`, { token })).body.data;
const typesOf = async (runId: string) =>
  (await cloud.db.query.runEvents.findMany({ where: (row, { eq }) => eq(row.runId, runId) }))
    .sort((a, b) => a.seq - b.seq)
    .map(({ type }) => type);

describe('the result of a run that is held to a schema', () => {
  it('is the value that fits, shown with the run and kept as result.json', async () => {
    const { run, runId } = await ran([submit({ total: 3, note: 'all' }), { text: 'Done.' }]);
    expect(run).toMatchObject({
      status: 'completed',
      outputSchema,
      result: { output: { total: 3, note: 'all' }, summary: 'Done.' },
    });
    expect((await api.get(`/runs/${runId}/outputs/result.json`, { token })).body).toBe(
      '{\n  "total": 3,\n  "note": "all"\n}',
    );
    expect(await typesOf(runId)).toContain('output.saved');
  });

  it('goes back to the model with what does not fit, and may be replaced', async () => {
    const { run, runId } = await ran([
      submit({ total: -1, more: 1 }),
      submit({ total: 1 }),
      submit({ total: 2 }),
    ]);
    expect(run).toMatchObject({ status: 'completed', result: { output: { total: 2 } } });
    expect((await readSteps(runId))[0].toolCalls[0]).toMatchObject({
      state: 'failed',
      output: 'The result does not fit:\n- total: expected at least 0\n- more: may not be there',
    });
  });

  it('is given up after three that do not fit, in the statement that commits the third', async () => {
    const { run, runId } = await ran(Array.from({ length: 5 }, () => submit({ total: 'x' })));
    expect(run).toMatchObject({
      status: 'failed',
      stepCount: 3,
      error: {
        code: 'resultInvalid',
        message: expect.stringContaining('total: expected integer, got string'),
      },
      result: { output: null },
    });
    expect(
      (await readSteps(runId)).map(({ toolCalls }: { toolCalls: object[] }) => toolCalls.length),
    ).toEqual([1, 1, 1]);
    expect((await typesOf(runId)).slice(-2)).toEqual(['toolCall.failed', 'run.failed']);
  });

  it('is asked for twice when the model ends without it, and then it is missing', async () => {
    const { run, runId } = await ran([
      { text: 'One.' },
      { text: 'Two.' },
      { text: 'Three.' },
      { text: 'Four.' },
    ]);
    expect(run).toMatchObject({ status: 'failed', stepCount: 3, error: { code: 'resultMissing' } });
    expect((await typesOf(runId)).filter((type) => type === 'result.refused')).toHaveLength(2);
  });

  it('is asked for by the step, whoever the worker is then', async () => {
    const { body } = await api.post(
      '/agents',
      { prompt: scriptOf({ text: 'Done?' }, submit({ total: 1 }), { text: 'Done.' }), outputSchema },
      { token },
    );
    const runId: string = body.activeRun.id;
    const asked: string[] = [];
    let lost = 0;
    cloud.fetches.intercept = async (service, request, send) => {
      const text = await request.clone().text();
      if (service === 'model') asked.push(text);
      const response = await send();
      if (service !== 'neon' || !text.includes('You cannot end yet.') || lost++ > 0) return response;
      throw new TypeError('the answer was lost');
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(lost).toBeGreaterThan(1);
    expect(asked.at(-1)).toContain(
      'You cannot end yet. The result is missing: hand it in with submit_result.',
    );
    expect(await readRun(runId)).toMatchObject({ result: { output: { total: 1 } }, stepCount: 3 });
  });

  it('is asked for by whoever takes the run up after a pause in that very step', async () => {
    const { body } = await api.post(
      '/agents',
      { prompt: scriptOf({ text: 'Done?' }, submit({ total: 1 }), { text: 'Done.' }), outputSchema },
      { token },
    );
    const runId: string = body.activeRun.id;
    let asked = '';
    let isPaused = false;
    cloud.fetches.intercept = async (service, request, send) => {
      const text = await request.clone().text();
      if (service === 'model') asked = text;
      if (service === 'neon' && text.includes('You cannot end yet.') && !isPaused) {
        isPaused = true;
        await api.post(`/runs/${runId}/pause`, undefined, { token });
      }
      return send();
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('paused');
    expect(asked).not.toContain('You cannot end yet.');
    await api.post(`/runs/${runId}/resume`, undefined, { token });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked).toContain('You cannot end yet. The result is missing');
    expect(await readRun(runId)).toMatchObject({ result: { output: { total: 1 } }, stepCount: 3 });
  });

  it('may be anything that a schema says: what is no object is handed in as a value', async () => {
    const list = { type: 'array', items: { $ref: '#/$defs/n' }, $defs: { n: { type: 'integer' } } };
    const { run } = await ran([submit({ value: ['a'] }), submit({ value: [1, 2] })], { outputSchema: list });
    expect(run).toMatchObject({ status: 'completed', outputSchema: list, result: { output: [1, 2] } });
  });

  it('is sent to the provider as it was given, and to no run without a schema', async () => {
    const asked: { tools: { name: string; input_schema: unknown }[] }[] = [];
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'model') asked.push(JSON.parse(await request.clone().text()));
      return send();
    };
    await ran([submit({ total: 1 })]);
    const sent = asked[0]?.tools.find(({ name }) => name === 'submit_result');
    expect(JSON.stringify(sent?.input_schema)).toBe(JSON.stringify(outputSchema));
    asked.length = 0;
    await ran([{ text: 'Done.' }], {});
    expect(asked[0]?.tools.map(({ name }) => name)).not.toContain('submit_result');
  });

  it('fails its run when the provider refuses the schema', async () => {
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service !== 'model') return send();
      const error = { type: 'invalid_request_error', message: 'tools.0.input_schema: not supported' };
      return Response.json({ type: 'error', error }, { status: 400 });
    };
    const { run } = await ran([submit({ total: 1 })]);
    cloud.fetches.intercept = (_service, _request, send) => send();
    expect(run).toMatchObject({
      status: 'failed',
      error: {
        code: 'modelRejected',
        message: "The model provider rejected the request. It may not take the run's outputSchema.",
      },
    });
  });

  it('keeps its place in the outputs', async () => {
    const save = { name: 'save_output', input: { name: 'result.json', value: 'mine' } };
    const { run, runId } = await ran([submit({ total: 1 }), { calls: [save] }, { text: 'Done.' }]);
    expect(run.result.output).toEqual({ total: 1 });
    expect((await readSteps(runId))[1].toolCalls[0].output).toContain('submit_result');
    const other = await ran([{ calls: [save] }], {});
    expect(other.run).toMatchObject({ outputSchema: null, result: { output: null } });
  });
});

describe('a schema', () => {
  it('is the default of its agent, changed and taken away with it, and copied to runs', async () => {
    const { agentId, runId } = await ran([submit({ total: 1 })]);
    const path = `/agents/${agentId}`;
    const next = { type: 'string' };
    expect((await api.patch(path, { outputSchema: next }, { token })).body.outputSchema).toEqual(next);
    expect((await readRun(runId)).outputSchema).toEqual(outputSchema);
    expect((await api.patch(path, { name: 'Other' }, { token })).body.outputSchema).toEqual(next);
    expect((await api.patch(path, { outputSchema: null }, { token })).body.outputSchema).toBeNull();
  });

  it('comes with a message for the run that it starts, at once or afterwards, in the order of its keys', async () => {
    const { body } = await api.post('/agents', { prompt: scriptOf({ text: 'Done.' }) }, { token });
    const path = `/agents/${body.id}/messages`;
    const own = { type: 'object', properties: { z: true, a: true }, required: ['z'] };
    const text = scriptOf(submit({ z: 1 }), { text: 'Done.' });
    const now = await api.post(path, { text, outputSchema: own }, { token });
    expect([now.status, now.body.errors[0].field]).toEqual([400, 'body.outputSchema']);
    expect((await api.post(path, { text, deliver: 'afterRun', outputSchema: own }, { token })).status).toBe(
      202,
    );
    await deliverUntilRest(cloud, body.activeRun.id);
    const queued = (await api.get(`/agents/${body.id}`, { token })).body.activeRun;
    expect(JSON.stringify(queued.outputSchema)).toBe(JSON.stringify(own));
    await deliverUntilRest(cloud, queued.id);
    expect(await readRun(queued.id)).toMatchObject({ status: 'completed', result: { output: { z: 1 } } });
    const started = await api.post(path, { text, outputSchema: own }, { token });
    expect(started.body.run.outputSchema).toEqual(own);
    await deliverUntilRest(cloud, started.body.run.id);
    const plain = await api.post(path, { text: scriptOf({ text: 'Done.' }) }, { token });
    expect(plain.body.run.outputSchema).toBeNull();
    await deliverUntilRest(cloud, plain.body.run.id);
  });

  it('is inherited by a retry and by a fork', async () => {
    const { agentId, runId, run } = await ran(Array.from({ length: 3 }, () => submit({})));
    expect(run.status).toBe('failed');
    const fork = await api.post(`/agents/${agentId}/fork`, {}, { token });
    expect(fork.body.outputSchema).toEqual(outputSchema);
    await api.patch(`/agents/${agentId}`, { outputSchema: null }, { token });
    const retry = await api.post(`/runs/${runId}/retry`, undefined, { token });
    expect(retry.body.outputSchema).toEqual(outputSchema);
  });

  it('comes with a fork or a retry for the run that it starts', async () => {
    const { agentId, runId } = await ran(Array.from({ length: 3 }, () => submit({})));
    const own = { type: 'object', properties: { z: { type: 'integer' }, a: { type: 'string' } } };
    const prompt = scriptOf(submit({ z: 1 }), { text: 'Done.' });
    const fork = (body: object) => api.post(`/agents/${agentId}/fork`, body, { token });
    const forked = (await fork({ prompt, outputSchema: own })).body;
    expect(forked.outputSchema).toEqual(outputSchema);
    expect(JSON.stringify((await readRun(forked.activeRun.id)).outputSchema)).toBe(JSON.stringify(own));
    expect(await deliverUntilRest(cloud, forked.activeRun.id)).toBe('completed');
    expect((await readRun(forked.activeRun.id)).result.output).toEqual({ z: 1 });
    expect((await fork({ outputSchema: own })).body.errors).toMatchObject([{ field: 'body.outputSchema' }]);

    const retry = (body: object) => api.post(`/runs/${runId}/retry`, body, { token });
    expect((await retry({ outputSchema: { type: 'int' } })).body.errors).toMatchObject([
      { field: 'body.outputSchema.type' },
    ]);
    expect((await retry({ outputSchema: own })).body).toMatchObject({ retryOf: runId, outputSchema: own });
  });

  it('is refused with the place of what is wrong with it', async () => {
    const given = { properties: { total: { type: 'int' } } };
    const { status, body } = await api.post('/agents', { outputSchema: given }, { token });
    expect([status, body.errors[0].field]).toEqual([400, 'body.outputSchema.properties.total.type']);
  });
});
