import { z } from '@hono/zod-openapi';
import type { RunAction } from '../../domain/runs/control-run.ts';
import { outputSchemaShown } from '../output-schema.ts';

/** States of a run. A handler does not compile when the product has one that is not here. */
export const runStatuses = [
  'queued',
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'cancelled',
] as const;

/** Tokens of a run or a step. */
export const usageSchema = z
  .object({
    inputTokens: z.int().openapi({ description: 'Without what the cache of the provider read or wrote' }),
    outputTokens: z.int(),
    cacheReadTokens: z.int(),
    cacheWriteTokens: z.int(),
  })
  .openapi('Usage');

export const runSchema = z
  .object({
    id: z.string().openapi({ example: 'run_01h455vb4pex5vsknk084sn02q' }),
    agentId: z.string().openapi({ example: 'agent_01h455vb4pex5vsknk084sn02q' }),
    status: z.enum(runStatuses),
    queuePosition: z.int().nullable().openapi({
      description:
        'The place of a queued run among those that are held back because as many of the organisation are at work as may be; null when it is not',
    }),
    waitingFor: z.enum(['approval', 'input', 'runner', 'child', 'timer', 'budget', 'review']).nullable(),
    waitingForBudget: z
      .enum(['steps', 'duration', 'cost', 'dailyCost'])
      .nullable()
      .openapi({ description: 'The limit that a run waits for whose `waitingFor` is `budget`' }),
    question: z
      .object({ text: z.string(), choices: z.array(z.string()).nullable() })
      .nullable()
      .openapi({ description: 'What it has asked its user; the next message to its agent answers it' }),
    prompt: z.string(),
    retryOf: z.string().nullable().openapi({ description: 'The run that it took up again' }),
    parentRunId: z
      .string()
      .nullable()
      .openapi({ description: 'The run that delegated to this one, which is a sub-agent of it' }),
    goalId: z.string().nullable().openapi({ description: 'The goal that it is of' }),
    scheduleId: z.string().nullable().openapi({ description: 'The schedule that started it' }),
    slotAt: z.iso.datetime().nullable().openapi({ description: 'When it was due by that schedule' }),
    stepCount: z.int(),
    maxSteps: z.int(),
    durationSeconds: z
      .int()
      .openapi({ description: 'Time of work up to its last step; waits and pauses are not in it' }),
    maxDurationSeconds: z.int().nullable(),
    cancelRequested: z.boolean(),
    pauseRequested: z.boolean(),
    usage: usageSchema,
    costUsd: z.number(),
    delegatedCostUsd: z.number().openapi({
      description:
        'What its sub-agents have cost besides, as soon as all of a step have ended. It counts against `maxCostUsd`',
    }),
    estimatedCostUsd: z
      .number()
      .openapi({ description: 'The part of `costUsd` for calls of the model whose end nobody saw' }),
    maxCostUsd: z.number().nullable(),
    outputSchema: outputSchemaShown,
    result: z.object({
      summary: z.string().nullable(),
      branch: z
        .string()
        .nullable()
        .openapi({ description: 'Where its commits go; null without a repository' }),
      commits: z.array(z.object({ sha: z.string(), message: z.string() })),
      pullRequest: z.object({ number: z.int(), url: z.string(), title: z.string() }).nullable(),
      output: z
        .unknown()
        .openapi({ description: 'What it has handed in under `outputSchema`; null before that' }),
    }),
    error: z
      .object({ code: z.string().openapi({ example: 'modelUnavailable' }), message: z.string() })
      .nullable(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .openapi('Run');

/** The actions on a run as a summary begins with them. */
export const SAID: Readonly<Record<RunAction, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel',
};
