import { z } from 'zod';
import { driveExecution } from '../../support/dags.ts';
import { scriptOf } from '../../support/deliver.ts';
import type { Flow } from './world.ts';

const made = z.object({ id: z.string() });

/** A job in parts, from its writing down to its deletion. */
export const dags: Flow = async ({ call, cloud }) => {
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
