import { deliverUntilRest } from '../../support/deliver.ts';
import type { Flow } from './world.ts';

/** From the prompt to the pull request, and what there is to see of it afterwards. */
export const mainJob: Flow = async ({ call, cloud }) => {
  await call('listRepositories', { query: { limit: '10' } });
  await call('listBranches', { path: { owner: 'demo', name: 'todo-api' } });
  const agent = {
    name: 'Todo API',
    repository: 'demo/todo-api',
    prompt: 'Add a DELETE /todos/:id endpoint with a test',
    maxCostUsd: 2,
    fallbacks: [{ provider: 'openai', model: 'gpt-6-sol' }],
  };
  const created = await call('createAgent', { body: agent });
  const path = { agentId: created.body.id, runId: created.body.activeRun.id };

  const following = call('followRun', { path });
  await call('pauseRun', { path });
  await call('resumeRun', { path });
  await call('pauseAgent', { path });
  await call('resumeAgent', { path });
  const text = 'Keep the tests short.';
  const queued = await call('sendMessage', { path, body: { text } });
  const messagePath = { ...path, messageId: queued.body.id };
  await call('editMessage', { path: messagePath, body: { text: 'Keep the tests short, please.' } });
  await deliverUntilRest(cloud, path.runId);
  await following;

  const page = await call('followRun', { path, headers: { accept: 'application/json' } });
  const last: number = page.body.data.at(-1).seq;
  await call('getRun', { path });
  await call('listRuns', { query: { status: 'completed' } });
  await call('listSteps', { path, query: { limit: '1' } });
  await call('getDiff', { path });
  await call('listMessages', { path });
  await call('getAgent', { path });
  await call('changeAgent', { path, body: { instructions: 'Write short tests.' } });
  await call('listAgents');
  await call('sendMessage', { path, body: { text: 'What did you change?' } });
  await call('cancelAgent', { path });
  await call('archiveAgent', { path });
  await call('followAgent', { path, query: { after: `${path.runId}.${last - 1}` } });
};
