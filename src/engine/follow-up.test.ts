import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cloud, openCloud } from '../../test/support/cloud.ts';
import { deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';
import { door } from '../../test/support/door.ts';
import { eventTypes } from '../../test/support/runs.ts';

let cloud: Cloud;
let api: ReturnType<typeof door>;
let token: string;

beforeAll(async () => {
  cloud = await openCloud({ env: { STEPS_PER_CALLBACK: '3' } });
  api = door(cloud.app);
  token = (await cloud.signIn()).accessToken;
});
afterAll(() => cloud.close());
beforeEach(() => {
  cloud.fetches.intercept = (_service, _request, send) => send();
});

const look = { calls: [{ name: 'update_plan', input: { steps: [{ title: 'Look', status: 'done' }] } }] };

/** A new agent at work on a script. */
const start = (...turns: object[]) => startWith({}, ...turns);
async function startWith(agent: object, ...turns: object[]) {
  const { body } = await api.post('/agents', { prompt: scriptOf(...turns), ...agent }, { token });
  return { agentId: String(body.id), runId: String(body.activeRun.id) };
}

const say = async (agentId: string, text: string): Promise<string> =>
  (await api.post(`/agents/${agentId}/messages`, { text }, { token })).body.id;
const edit = (agentId: string, id: string, text: string) =>
  api.patch(`/agents/${agentId}/messages/${id}`, { text }, { token });
const withdraw = (agentId: string, id: string) => api.delete(`/agents/${agentId}/messages/${id}`, { token });

/** Does something while the model is asked for the nth time, and gives what it was asked, time by time. */
function duringCall(nth: number, act: () => Promise<unknown>): string[] {
  const asked: string[] = [];
  cloud.fetches.intercept = async (service, request, send) => {
    if (service === 'model') {
      asked.push(await request.clone().text());
      if (asked.length === nth) await act();
    }
    return send();
  };
  return asked;
}

const times = (text: string, piece: string) => text.split(piece).length - 1;

describe('a follow-up to a run at work', () => {
  it('is heard as it was edited while the model spoke, once', async () => {
    const { agentId, runId } = await start(look, look, { text: 'Done.' });
    const asked = duringCall(1, async () => {
      const id = await say(agentId, 'Sort by name');
      expect((await edit(agentId, id, 'Sort by date')).status).toBe(200);
    });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked.join()).not.toContain('Sort by name');
    expect(asked.map((body) => times(body, '"text":"Sort by date"')).slice(0, 3)).toEqual([0, 1, 1]);
    const { body } = await api.get(`/agents/${agentId}/messages`, { token });
    expect(body.data).toMatchObject([{ text: 'Sort by date', state: 'delivered', deliveredStep: 2 }]);
  });

  it('is no longer changed once the model is asked with it', async () => {
    const { agentId, runId } = await start(look, look, { text: 'Done.' });
    const id = await say(agentId, 'Sort by name');
    const asked = duringCall(1, async () => {
      const [edited, withdrawn] = [await edit(agentId, id, 'Sort by date'), await withdraw(agentId, id)];
      expect([edited.body.code, withdrawn.body.code]).toEqual(['messageDelivered', 'messageDelivered']);
    });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(times(asked[0] ?? '', 'Sort by name')).toBe(1);
  });

  it('is never heard once it is withdrawn, and the others are, in order', async () => {
    const { agentId, runId } = await start(look, look, { text: 'Done.' });
    const asked = duringCall(1, async () => {
      await say(agentId, 'First of all');
      const id = await say(agentId, 'Delete everything');
      await say(agentId, 'Last of all');
      expect((await withdraw(agentId, id)).status).toBe(204);
    });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked.join()).not.toContain('Delete everything');
    expect(asked[1]).toMatch(/First of all.*Last of all/s);
  });

  it('is delivered when it arrives while the run is finishing', async () => {
    const { agentId, runId } = await start({ text: 'Done.' });
    let sent = false;
    const asked: string[] = [];
    cloud.fetches.intercept = async (service, request, send) => {
      const body = await request.clone().text();
      if (service === 'model') asked.push(body);
      if (service === 'neon' && !sent && body.includes('run.completed')) {
        sent = true;
        await say(agentId, 'One more thing');
      }
      return send();
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked.map((body) => times(body, 'One more thing'))).toEqual([0, 1]);
    expect((await eventTypes(cloud.db, runId)).filter((type) => type === 'run.completed')).toHaveLength(1);
  });

  it('that was withdrawn while the run was finishing costs no call of the model', async () => {
    const { agentId, runId } = await start({ text: 'All sorted.' });
    const asked = duringCall(1, async () => withdraw(agentId, await say(agentId, 'Never mind')));
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked).toHaveLength(1);
    expect((await api.get(`/runs/${runId}`, { token })).body).toMatchObject({
      stepCount: 1,
      result: { summary: 'All sorted.' },
    });
    expect((await eventTypes(cloud.db, runId)).slice(-4)).toEqual([
      'message.received',
      'message.withdrawn',
      'message.completed',
      'run.completed',
    ]);
  });

  it('that was withdrawn while the last step the run may take was finishing does not keep it waiting', async () => {
    const { agentId, runId } = await startWith({ maxSteps: 1 }, { text: 'All sorted.' });
    duringCall(1, async () => withdraw(agentId, await say(agentId, 'Never mind')));
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await eventTypes(cloud.db, runId)).not.toContain('budget.reached');
  });

  it('waits, when its run may take no further step, until it may', async () => {
    const { agentId, runId } = await startWith({ maxSteps: 1 }, { text: 'All sorted.' });
    const asked = duringCall(1, async () => say(agentId, 'One more thing'));
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(asked).toHaveLength(1);
    expect((await eventTypes(cloud.db, runId)).slice(-2)).toEqual(['budget.reached', 'run.waiting']);
    await api.post(`/runs/${runId}/budget`, { maxSteps: 2 }, { token });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked[1]).toContain('One more thing');
  });

  it('that the run did not live to hear is heard by the next one', async () => {
    const { agentId, runId } = await start(look, { text: 'Done.' });
    await say(agentId, 'Sort by name');
    await api.post(`/runs/${runId}/cancel`, undefined, { token });
    const asked = duringCall(0, async () => {});
    const retried = await api.post(`/runs/${runId}/retry`, undefined, { token });
    expect(await deliverUntilRest(cloud, retried.body.id)).toBe('completed');
    expect(asked[0]).toMatch(/Sort by name.*the user cancelled it/s);
  });
});
