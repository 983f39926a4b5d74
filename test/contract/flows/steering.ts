import { sql } from 'drizzle-orm';
import { deliverUntilRest, scriptOf } from '../../support/deliver.ts';
import type { Flow } from './world.ts';
import { work } from './world.ts';

const write = { name: 'write_file', input: { path: 'NOTES.md', content: 'hello\n' } };
const commit = { name: 'commit', input: { message: 'Add notes' } };
const save = {
  name: 'save_output',
  input: { name: 'report.md', content: '# Report\n', mediaType: 'text/markdown' },
};
const remember = { name: 'remember', input: { key: 'test-command', value: 'npm test' } };

/** What a user says yes and no to. */
export const approving: Flow = async (world) => {
  const { call, cloud } = world;
  const prompt = scriptOf({ text: 'May I commit?', calls: [write, commit] });
  const agent = { repository: 'demo/todo-api', prompt, policies: { commit: 'ask' } };
  const { runId } = await work(world, agent);
  const approvals = await call('listApprovals', { query: { state: 'pending' } });
  const [approval] = approvals.body.data;
  const path = { approvalId: approval.id };
  await call('getApproval', { path });
  await call('decideApproval', { path, body: { decision: 'leave' } });
  const { argumentsSha256 } = approval;
  await call('decideApproval', { path, body: { decision: 'allow', argumentsSha256 } });
  await call('decideApproval', { path, body: { decision: 'deny' } });
  await deliverUntilRest(cloud, runId);
};

/** Limits, retries, forks and memories, and everything that stands in their way. */
export const steering: Flow = async (world) => {
  const { call, cloud } = world;
  const { agentId, runId } = await work(world, {
    prompt: scriptOf({ calls: [remember, save] }, { text: 'Noted.' }),
  });
  const path = { agentId, runId };
  await call('listMemories', { path });
  await call('listRunMemories', { path });
  await call('listOutputs', { path });
  await call('readOutput', { path: { ...path, output: 'report.md' } });
  await call('zipOutputs', { path });
  const key = { ...path, key: 'test-command' };
  await call('getMemory', { path: key });
  const full = `UPDATE agents SET remembered = '{"long": {"value": "${'x'.repeat(19_995)}"}}' WHERE id = '${agentId}'`;
  await call('putMemory', { path: key, body: { value: 'npm run check' } });
  await call('putSharedMemory', {
    path: { key: 'style' },
    body: { value: 'Tabs, and no more than 110 columns' },
  });
  await call('listSharedMemories', { query: { q: 'tabs' } });
  await call('getSharedMemory', { path: { key: 'style' } });
  await call('forgetSharedMemory', { path: { key: 'style' } });
  await call('forgetMemory', { path: { ...path, key: 'test-command' } });
  await cloud.db.execute(sql.raw(full));
  await call('putMemory', { path: key, body: { value: 'npm test' } });
  await call('raiseBudget', { path, body: { maxCostUsd: 4 } });
  await call('retryRun', { path });
  await call('pauseAgent', { path });

  const forked = await call('forkAgent', { path, body: { runId, stepNo: 1, prompt: 'Try another way' } });
  await call('deleteRun', { path });
  const forkPath = { agentId: forked.body.id, runId: forked.body.activeRun.id };
  await call('deleteRun', { path: forkPath });
  await call('raiseBudget', { path: forkPath, body: { maxSteps: 300 } });
  await call('cancelRun', { path: forkPath });
  const retried = await call('retryRun', { path: forkPath, body: { outputSchema: { type: 'object' } } });
  await call('retryRun', { path: forkPath });
  await deliverUntilRest(cloud, retried.body.id);
  await call('retryRun', { path: forkPath });
  await call('deleteRun', { path: forkPath });

  // A conversation that comes from itself reaches back for ever.
  await cloud.db.execute(sql`UPDATE workspaces SET parent_workspace_id = id
    WHERE id = (SELECT workspace_id FROM runs WHERE id = ${retried.body.id})`);
  await call('forkAgent', { path: forkPath, body: { prompt: 'Once more' } });
  await call('archiveAgent', { path: forkPath });
  await call('sendMessage', { path: forkPath, body: { text: 'Wake up' } });
};

/** What is said to an agent at work, until no more may wait. */
export const talking: Flow = async (world) => {
  const { call, cloud } = world;
  const created = await call('createAgent', { body: { prompt: 'What can you do?' } });
  const path = { agentId: created.body.id, runId: created.body.activeRun.id };
  const later = { text: 'Then look at the tests.', deliver: 'afterRun' };
  const first = await call('sendMessage', { path, body: later });
  const messagePath = { ...path, messageId: first.body.id };
  await call('withdrawMessage', { path: messagePath });
  await call('editMessage', { path: messagePath, body: { text: 'Too late' } });
  const heard = await call('sendMessage', { path, body: { text: 'Be brief.' } });
  for (let status = 202; status === 202; ) ({ status } = await call('sendMessage', { path, body: later }));
  await deliverUntilRest(cloud, path.runId);
  await call('editMessage', { path: { ...path, messageId: heard.body.id }, body: { text: 'Too late' } });
  await call('archiveAgent', { path });
};
