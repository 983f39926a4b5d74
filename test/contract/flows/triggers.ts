import { z } from 'zod';
import type { Flow } from './world.ts';

const made = z.object({ id: z.string() });

/** A repository in which agents start by themselves. */
export const triggers: Flow = async ({ call, cloud }) => {
  const body = {
    repository: 'demo/todo-api',
    on: { issueLabel: 'agent' },
    who: { logins: ['octo'] },
    agent: {
      instructions: 'Keep to the style that is there.',
      maxCostUsd: 2,
      fallbacks: [{ provider: 'openai', model: 'gpt-6-sol' }],
    },
  };
  const path = { triggerId: made.parse((await call('createTrigger', { body })).body).id };
  await call('createTrigger', { body });
  await call('listTriggers');
  await call('getTrigger', { path });
  await call('changeTrigger', { path, body: { on: { failedCheck: false }, who: { permission: 'admin' } } });
  await cloud.github.deliveriesSettled();
  await call('removeTrigger', { path });
};
