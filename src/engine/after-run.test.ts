import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cloud, openCloud } from '../../test/support/cloud.ts';
import { deliver, deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';
import { door } from '../../test/support/door.ts';
import { eventTypes } from '../../test/support/runs.ts';
import { sweep } from './sweep.ts';

let cloud: Cloud;
let api: ReturnType<typeof door>;
let token: string;
let published: string[] = [];

beforeAll(async () => {
  cloud = await openCloud({ env: { STEPS_PER_CALLBACK: '3' } });
  api = door(cloud.app);
  token = (await cloud.signIn()).accessToken;
});
afterAll(() => cloud.close());
beforeEach(() => {
  published = [];
  cloud.fetches.intercept = async (service, request, send) => {
    if (service === 'qstash') published.push(await request.clone().text());
    return send();
  };
});

/** A new agent at work on a script, with messages for afterwards. */
async function start(turns: object[], ...texts: string[]) {
  const { body } = await api.post('/agents', { prompt: scriptOf(...turns) }, { token });
  const agentId = String(body.id);
  const ids: string[] = [];
  for (const text of texts) {
    const said = await api.post(`/agents/${agentId}/messages`, { text, deliver: 'afterRun' }, { token });
    ids.push(said.body.id);
  }
  return { agentId, runId: String(body.activeRun.id), ids };
}

const activeRun = async (agentId: string): Promise<string> =>
  (await api.get(`/agents/${agentId}`, { token })).body.activeRun?.id;
const prompts = async (agentId: string): Promise<string[]> =>
  (await api.get(`/runs?agentId=${agentId}`, { token })).body.data
    .map(({ prompt }: { prompt: string }) => prompt)
    .reverse();

const look = { calls: [{ name: 'update_plan', input: { steps: [{ title: 'Look', status: 'done' }] } }] };

describe('a message for after the run', () => {
  it('starts a run of its own, in order, in the same conversation, and the queue is told at once', async () => {
    const second = scriptOf({ text: 'Sorted.' });
    const { agentId, runId } = await start([look, { text: 'Done.' }], second, 'And now?');
    const asked: string[] = [];
    const told: string[] = [];
    const { intercept } = cloud.fetches;
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'redis') told.push(await request.clone().text());
      if (service === 'model') asked.push(await request.clone().text());
      return intercept(service, request, send);
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked.join()).not.toContain('Sorted.');
    const secondId = await activeRun(agentId);
    expect(secondId).toMatch(/^run_/);
    expect(published.join()).toContain(secondId);
    expect(told.join()).toContain(secondId);
    expect(await deliverUntilRest(cloud, secondId)).toBe('completed');
    expect(asked.at(-1)).toMatch(/Done\..*Sorted\./s);
    const thirdId = await activeRun(agentId);
    expect(await deliverUntilRest(cloud, thirdId)).toBe('completed');
    expect(await activeRun(agentId)).toBeUndefined();
    expect((await prompts(agentId)).slice(1)).toEqual([second, 'And now?']);
    expect((await eventTypes(cloud.db, runId)).slice(-2)).toEqual(['message.completed', 'run.completed']);
  });

  it('begins in vain when its agent is told to stop just as the run before it ends', async () => {
    const { agentId, runId } = await start([{ text: 'Done.' }], 'And now?');
    let ended = false;
    cloud.fetches.intercept = async (service, request, send) => {
      if (
        service === 'neon' &&
        !ended &&
        (await request.clone().text()).includes('cancel_requested = true')
      ) {
        ended = true;
        expect(await deliverUntilRest(cloud, runId)).toBe('completed');
      }
      return send();
    };
    const { status, body } = await api.post(`/agents/${agentId}/cancel`, undefined, { token });
    expect([status, body]).toMatchObject([200, { prompt: 'And now?', status: 'cancelled' }]);
    expect(await activeRun(agentId)).toBeUndefined();
  });

  it('starts its run once when it comes in while the run is finishing', async () => {
    const { agentId, runId } = await start([{ text: 'Done.' }]);
    let sent = false;
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'neon' && !sent && (await request.clone().text()).includes('run.completed')) {
        sent = true;
        const text = 'One more thing';
        await api.post(`/agents/${agentId}/messages`, { text, deliver: 'afterRun' }, { token });
      }
      return send();
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect((await prompts(agentId)).slice(1)).toEqual(['One more thing']);
  });

  it('starts its run once though every answer about the end of the one before is lost', async () => {
    const { agentId, runId } = await start([{ text: 'Done.' }], 'And now?');
    let lost = 0;
    cloud.fetches.intercept = async (service, request, send) => {
      const ends = service === 'neon' && (await request.clone().text()).includes('run.completed');
      const answer = await send();
      if (!ends || lost >= 3) return answer;
      lost += 1;
      throw new TypeError('the answer was lost');
    };
    await deliverUntilRest(cloud, runId).catch(() => {});
    expect(lost).toBe(3);
    cloud.fetches.intercept = (_service, _request, send) => send();
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect((await prompts(agentId)).slice(1)).toEqual(['And now?']);
  });

  it('is found by the sweeper when the queue does not take its run', async () => {
    const { agentId, runId } = await start([{ text: 'Done.' }], 'And now?');
    cloud.fetches.intercept = (service, _request, send) => {
      if (service === 'qstash') throw new TypeError('gone');
      return send();
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const next = await activeRun(agentId);
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'qstash') published.push(await request.clone().text());
      return send();
    };
    await cloud.db.execute(sql`UPDATE runs SET sweep_after = engine_now() WHERE id = ${next}`);
    await sweep(cloud.context.engine);
    expect(published.join()).toContain(next);
  });

  it('starts its run also when the one before fails, and what was said meanwhile is heard first', async () => {
    const { agentId, runId } = await start([look, { text: 'Done.' }], 'And now?');
    await api.post(`/agents/${agentId}/messages`, { text: 'Sort by name' }, { token });
    await cloud.db.execute(sql`UPDATE runs SET claims_without_commit = 8 WHERE id = ${runId}`);
    expect(await deliverUntilRest(cloud, runId)).toBe('failed');
    const next = await activeRun(agentId);
    expect(published.join()).toContain(next);
    const asked: string[] = [];
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'model') asked.push(await request.clone().text());
      return send();
    };
    expect(await deliverUntilRest(cloud, next)).toBe('completed');
    expect(asked[0]).toMatch(/Sort by name.*And now\?/s);
  });

  it('starts no run when the one before is lost to a cancel, whose worker is told by the sweeper', async () => {
    const { agentId, runId } = await start([look, { text: 'Done.' }], 'And now?');
    await cloud.db.execute(sql`UPDATE runs SET status = 'running', cancel_requested = true,
      lease_expires_at = engine_now(), sweep_after = engine_now() WHERE id = ${runId}`);
    await sweep(cloud.context.engine);
    expect((await api.get(`/runs/${runId}`, { token })).body.status).toBe('cancelled');
    expect(await activeRun(agentId)).toBeUndefined();
  });

  it('is dispatched when the sweeper ends a run that is poison', async () => {
    const { agentId, runId } = await start([look, { text: 'Done.' }], 'And now?');
    await cloud.db.execute(sql`UPDATE runs SET status = 'running', claims_without_commit = 8,
      lease_expires_at = engine_now(), sweep_after = engine_now() WHERE id = ${runId}`);
    await sweep(cloud.context.engine);
    expect((await eventTypes(cloud.db, runId)).at(-1)).toBe('run.failed');
    const next = await activeRun(agentId);
    expect(published.join()).toContain(next);
    expect((await deliver(cloud, '/api/v1/callbacks/run', { runId: next, dispatchNo: 1 })).status).toBe(200);
  });
});
