import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fireSchedule } from '../../src/domain/schedules/fire-schedule.ts';
import { type Cloud, openCloud } from '../support/cloud.ts';
import { door } from '../support/door.ts';
import { openPostgres } from './database.ts';
import { findPostgres } from './server.ts';

const bin = await findPostgres();
if (bin === null) console.warn('Races are not tested: there is no PostgreSQL 15 or newer on this machine.');

const RACERS = 64;

describe.skipIf(bin === null)('64 hints of one slot at once, on a real PostgreSQL', () => {
  let cloud: Cloud;
  let api: ReturnType<typeof door>;
  let token: string;
  beforeAll(async () => {
    cloud = await openCloud({ database: await openPostgres(bin ?? '') });
    api = door(cloud.app);
    token = (await cloud.signIn()).accessToken;
  });
  afterAll(() => cloud?.close());

  async function dueSchedule(settings: object) {
    const agentId: string = (await api.post('/agents', {}, { token })).body.id;
    const goal = { name: 'Goal', agentId, prompt: 'Go' };
    const goalId: string = (await api.post('/goals', goal, { token })).body.id;
    const { body } = await api.post(
      `/goals/${goalId}/schedules`,
      { cron: '0 0 1 1 *', ...settings },
      { token },
    );
    const path = `/goals/${goalId}/schedules/${body.id}`;
    const makeDue = () =>
      cloud.db.execute(
        sql`UPDATE schedules SET next_slot_at = date_trunc('minute', now()), next_fire_at = date_trunc('minute', now()) WHERE id = ${body.id}`,
      );
    await makeDue();
    return { id: String(body.id), agentId, goalId, path };
  }

  const race = (act: (racer: number) => Promise<unknown>) =>
    Promise.all(Array.from({ length: RACERS }, (_, racer) => act(racer)));
  const runsOf = async (goalId: string) => (await api.get(`/runs?goalId=${goalId}`, { token })).body.data;
  const slotsOf = async (path: string) => (await api.get(`${path}/slots`, { token })).body.data;

  it('start one run', { timeout: 120_000 }, async () => {
    const { id, goalId, path } = await dueSchedule({});
    const fired = await Promise.all(Array.from({ length: RACERS }, () => fireSchedule(cloud.context, id)));
    expect(fired.filter(({ kind }) => kind === 'started')).toHaveLength(1);
    expect(await runsOf(goalId)).toHaveLength(1);
    expect(await slotsOf(path)).toMatchObject([{ outcome: 'started' }]);
  });

  it('queue one run behind another, or skip the slot once, while that run may end at any moment', {
    timeout: 120_000,
  }, async () => {
    for (const overlap of ['queue', 'skip', 'cancelPrevious']) {
      const { id, agentId, goalId, path } = await dueSchedule({ overlap });
      await api.post(`/agents/${agentId}/messages`, { text: 'Else' }, { token });
      await race((racer) =>
        racer === 10
          ? api.post(`/agents/${agentId}/cancel`, undefined, { token })
          : fireSchedule(cloud.context, id),
      );
      await fireSchedule(cloud.context, id);
      const slots = await slotsOf(path);
      expect(slots).toHaveLength(1);
      expect((await runsOf(goalId)).length).toBe(slots[0].outcome === 'started' ? 1 : 0);
    }
  });

  it('start nothing once the schedule or its goal is paused, and nobody waits in a circle', {
    timeout: 120_000,
  }, async () => {
    const { id, goalId, path } = await dueSchedule({});
    await race((racer) => {
      if (racer % 8 === 1)
        return api.patch(`/goals/${goalId}`, { status: racer % 16 === 1 ? 'paused' : 'active' }, { token });
      if (racer % 8 === 2)
        return api.post(`${path}/${racer % 16 === 2 ? 'pause' : 'resume'}`, undefined, { token });
      return fireSchedule(cloud.context, id);
    });
    const runs = await runsOf(goalId);
    expect(runs.length).toBeLessThanOrEqual(1);
    expect(await slotsOf(path)).toHaveLength(runs.length);
    const { rows } = await cloud.db.execute(
      sql`SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`,
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
  });
});
