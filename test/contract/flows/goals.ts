import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { deliver, deliverUntilRest } from '../../support/deliver.ts';
import type { Flow, World } from './world.ts';

const made = z.object({ id: z.string() });

/** A goal and what starts from it. */
export const goals: Flow = async (world) => {
  const { call, cloud } = world;
  const agent = made.parse((await call('createAgent', { body: { name: 'Triage' } })).body);
  const body = {
    name: 'Morning triage',
    agentId: agent.id,
    prompt: 'Triage the new issues labelled {{label}}.',
    parameters: { label: { type: 'string', description: 'Of the issues to look at', default: 'bug' } },
    maxCostUsd: 1,
  };
  const path = { goalId: made.parse((await call('createGoal', { body })).body).id };
  await call('listGoals', { query: { status: 'active' } });
  await call('getGoal', { path });
  await call('changeGoal', { path, body: { maxSteps: 50 } });
  const run = made.parse((await call('runGoal', { path, body: { parameters: { label: 'flaky' } } })).body);
  await deliverUntilRest(cloud, run.id);
  await schedule(world, path);
  await call('archiveGoal', { path });
  await call('runGoal', { path, body: {} });
};

/** A schedule of it, until it is removed. */
async function schedule({ call, cloud }: World, goal: { goalId: string }): Promise<void> {
  const body = {
    cron: '0 8 * * 1-5',
    timeZone: 'Europe/Berlin',
    parameters: { label: 'bug' },
    jitterSeconds: 120,
    pauseAfterFailures: 3,
  };
  const { id: scheduleId } = made.parse((await call('createSchedule', { path: goal, body })).body);
  const path = { ...goal, scheduleId };
  await call('createSchedule', { path: goal, body: { ...body, cron: '0 0 8 * * *' } });
  await call('changeGoal', {
    path: goal,
    body: { prompt: 'Look at {{what}}.', parameters: { what: { type: 'string' } } },
  });
  await call('getSchedule', { path });
  await call('changeSchedule', { path, body: { overlap: 'queue', jitterSeconds: 0 } });
  await call('pauseSchedule', { path });
  await call('resumeSchedule', { path });
  await cloud.db.execute(
    sql`UPDATE schedules SET next_slot_at = date_trunc('minute', now()), next_fire_at = date_trunc('minute', now())`,
  );
  await deliver(cloud, '/api/v1/callbacks/schedule', { scheduleId });
  await call('listSlots', { path });
  await call('listSchedules', { path: goal });
  for (let n = 1; n <= 20; n++) await call('createSchedule', { path: goal, body });
  await call('removeSchedule', { path });
}
