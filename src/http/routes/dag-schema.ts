import { z } from '@hono/zod-openapi';
import { dagShape } from '../../dag/definition.ts';
import { runStatuses } from './run-schema.ts';

/** A DAG as somebody writes it down. */
export const newDagSchema = z.strictObject(dagShape).openapi('NewDag', {
  description:
    'Each node has either a `task` for an agent or a `tool` with its `input`. `{{params.x}}` and `{{nodes.a.output.x}}` in them stand for a parameter and for what came of another node, for which the node waits then',
  example: {
    name: 'Look and tell',
    params: { topic: { default: 'tests' } },
    nodes: [
      { id: 'look', task: 'What do we know of {{params.topic}}? Answer in one sentence.' },
      { id: 'tell', task: 'Say this in other words: {{nodes.look.output}}', retries: 1 },
    ],
  },
});

export const dagSchema = z
  .object({
    ...dagShape,
    id: z.string().openapi({ example: 'dag_01h455vb4pex5vsknk084sn02q' }),
    userId: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Dag');

/** What can be changed of a DAG; what is left out stays. */
export const dagChangesSchema = z
  .strictObject({ ...dagShape, agentId: z.string().max(100).nullable().optional() })
  .partial()
  .openapi('DagChanges');

export const executionStatus = z.enum([
  'queued',
  'running',
  'waiting',
  'suspended',
  'completed',
  'failed',
  'cancelled',
]);
const nodeStatus = z.enum([
  'pending',
  'queued',
  'running',
  'waiting',
  'completed',
  'failed',
  'skipped',
  'cancelled',
]);
const nodeError = z.object({ code: z.string(), message: z.string() }).nullable();

export const executionSchema = z
  .object({
    id: z.string().openapi({ example: 'execution_01h455vb4pex5vsknk084sn02q' }),
    dagId: z.string(),
    name: z.string(),
    status: executionStatus.openapi({
      description: '`waiting`: all that is under way waits for its user. `suspended`: it is paused',
    }),
    params: z.record(z.string(), z.unknown()),
    parallelism: z
      .int()
      .openapi({ description: 'How many nodes may be at work at the same time; one that waits counts' }),
    cancelRequested: z.boolean(),
    pauseRequested: z.boolean(),
    nodes: z.partialRecord(nodeStatus, z.int()).openapi({ description: 'How many nodes are in which state' }),
    resumes: z.int().openapi({ description: 'How often it was taken up again after it had failed' }),
    costUsd: z.number(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .openapi('DagExecution');

export const subStepSchema = z
  .object({
    nodeId: z.string(),
    kind: z.enum(['agent', 'tool']),
    status: nodeStatus,
    waitingFor: z.string().nullable().openapi({ description: 'What its run waits for, or `pause`' }),
    dependsOn: z.array(z.string()),
    attempt: z.int().openapi({ description: '0 before the first one' }),
    runId: z.string().nullable().openapi({ description: 'The run of the latest attempt' }),
    runs: z.array(
      z.object({
        runId: z.string(),
        agentId: z.string(),
        status: z.enum(runStatuses),
        error: nodeError,
        costUsd: z.number(),
        createdAt: z.iso.datetime(),
      }),
    ),
    output: z.object({ text: z.string(), value: z.unknown() }).nullable().openapi({
      description:
        'Its first 16,000 characters; `value` is what a tool gave as data, or what an agent handed in under the `outputSchema` of the node',
    }),
    error: nodeError,
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .openapi('SubStep');
