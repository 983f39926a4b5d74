import { z } from 'zod';
import { CANCELLED } from '../../../src/engine/announce.ts';
import { cancelRun } from '../../../src/store/runs/control.ts';
import { driveExecution, planningRun } from '../../support/dags.ts';
import { deliverUntilRest, scriptOf } from '../../support/deliver.ts';
import type { Flow } from './world.ts';

const made = z.object({ id: z.string() });

/** A goal that a model plans: at once, in its own time, and in vain. */
const plans: Flow = async ({ call, cloud }) => {
  const goal = 'Add a DELETE endpoint and document it';
  const begun = await call('planDag', { body: { goal, waitSeconds: 0 } });
  const planId = made.parse(begun.body).id;
  await deliverUntilRest(cloud, planId);
  await call('getDagPlan', { path: { planId } });
  await planWhileAsked(call, cloud, goal);
  await planWhileAsked(call, cloud, 'Use the tool frobnicate');
  const cancelled = 'Never mind';
  await Promise.all([call('planDag', { body: { goal: cancelled } }), cancelPlanOf(cloud, cancelled)]);
};

async function planWhileAsked(
  call: Parameters<Flow>[0]['call'],
  cloud: Parameters<Flow>[0]['cloud'],
  goal: string,
) {
  await Promise.all([
    call('planDag', { body: { goal } }),
    planningRun(cloud, goal).then((runId) => deliverUntilRest(cloud, runId)),
  ]);
}

async function cancelPlanOf(cloud: Parameters<Flow>[0]['cloud'], goal: string) {
  const runId = await planningRun(cloud, goal);
  await cancelRun(cloud.db, { runId, operationId: crypto.randomUUID(), event: CANCELLED() });
}

/** A job in parts, from its planning and its writing down to its deletion. */
export const dags: Flow = async (world) => {
  await plans(world);
  const { call, cloud } = world;
  const body = {
    name: 'Look and tell',
    params: { topic: { default: 'tests' } },
    nodes: [
      { id: 'look', task: scriptOf({ text: 'There are two.' }) },
      { id: 'note', tool: 'update_plan', input: { steps: [{ title: '{{params.topic}}', status: 'done' }] } },
      { id: 'tell', task: scriptOf({ text: '{{nodes.look.output}}' }), dependsOn: ['note'] },
    ],
  };
  const path = { dagId: made.parse((await call('createDag', { body })).body).id };
  await call('listDags');
  await call('getDag', { path });
  await call('changeDag', { path, body: { parallelism: 4 } });
  const execution = await call('executeDag', { body: { ...path, params: { topic: 'todos' } } });
  const executionId = made.parse(execution.body).id;
  const which = { path: { executionId } };
  await call('pauseDagExecution', which);
  await call('resumeDag', which);
  await call('removeDagExecution', which);
  await driveExecution(cloud, executionId);
  await call('getDagExecution', which);
  await call('listDagExecutions', { query: { status: 'completed' } });
  await call('listSubSteps', which);
  await call('followDagExecution', which);
  await call('cancelDagExecution', which);
  await call('resumeDag', which);
  await call('removeDag', { path });
  await call('removeDagExecution', which);
  await call('removeDag', { path });
};
