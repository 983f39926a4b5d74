import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { ApiClient } from '../src/local/client/api.ts';
import { followExecution } from '../src/local/client/follow.ts';
import { readRun } from '../src/local/client/runs.ts';
import { openSession } from '../src/local/client/session.ts';
import { field, seconds } from '../src/local/terminal/columns.ts';
import { showDagEvent } from '../src/local/terminal/dag-view.ts';
import type { Style } from '../src/local/terminal/style.ts';
import { demo } from './support/demo.ts';

const REPOSITORY = 'demo/todo-api';
const GOAL =
  'Add a DELETE /todos/:id endpoint with a test, note who uses the API and note what is missing in the README';

const made = z.object({ id: z.string() });
const dagSchema = made.extend({
  nodes: z.array(z.object({ id: z.string(), dependsOn: z.array(z.string()).default([]) })),
});
const subSteps = z.object({
  data: z.array(
    z.object({
      nodeId: z.string(),
      status: z.string(),
      dependsOn: z.array(z.string()),
      runId: z.string().nullable(),
      output: z.object({ text: z.string() }).nullable(),
    }),
  ),
});

/** Boots everything, lets the model plan a DAG, and shows its nodes at work side by side and what comes of them. */
await demo('a job in parts', async ({ url }, style, signal) => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const goal = positionals.join(' ').trim() || GOAL;
  const api = await openSession(url, 'demo');
  const agent = await api.json(made, 'POST', '/api/v1/agents', { name: 'Worker', repository: REPOSITORY });
  console.log(`\n${field('Goal', style.bold(goal))}`);
  const dag = await api.json(dagSchema, 'POST', '/api/v1/create-dag', { goal, agent: agent.id });
  console.log(field('Planned', dag.nodes.map(({ id }) => id).join(', ')));

  const startedAt = Date.now();
  const execution = await api.json(made, 'POST', '/api/v1/execute-dag', { dagId: dag.id });
  console.log('');
  for await (const event of followExecution(api, execution.id, { signal })) {
    process.stdout.write(showDagEvent(event, style));
  }
  console.log(field('Took', seconds(Date.now() - startedAt)));
  return showOutcome(api, execution.id, style);
});

/** @returns the exit code: 0 when all nodes have completed */
async function showOutcome(api: ApiClient, executionId: string, style: Style): Promise<number> {
  const { data } = await api.json(subSteps, 'GET', `/api/v1/dag-executions/${executionId}/sub-steps`);
  for (const { nodeId, status, dependsOn, runId, output } of data) {
    console.log(`\n  ${style.bold(nodeId)}${style.dim(`  ${status}`)}`);
    if (dependsOn.length > 0) console.log(field('After', dependsOn.join(', ')));
    const run = runId === null ? null : await readRun(api, runId);
    if (run?.result.branch && run.result.commits.length > 0) console.log(field('Branch', run.result.branch));
    if (run?.result.pullRequest) console.log(field('Pull request', run.result.pullRequest.url));
    if (output) console.log(field('Output', output.text.replaceAll(/\s+/g, ' ')));
  }
  console.log(style.dim('\n  All of it is gone when this ends. npm start keeps one running.\n'));
  return data.every(({ status }) => status === 'completed') ? 0 : 1;
}
