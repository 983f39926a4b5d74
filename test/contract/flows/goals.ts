import { z } from 'zod';
import { deliverUntilRest } from '../../support/deliver.ts';
import type { Flow } from './world.ts';

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
  await call('archiveGoal', { path });
  await call('runGoal', { path, body: {} });
};
