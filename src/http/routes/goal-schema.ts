import { z } from '@hono/zod-openapi';
import { durationLimit, usdLimit } from '../limits.ts';
import { outputSchemaInput, outputSchemaShown } from '../output-schema.ts';
import { someText, text } from '../text.ts';
import { agentName } from './agents.ts';

export const goalStatuses = ['active', 'paused', 'archived'] as const;

const PARAMETER = /^[A-Za-z]\w{0,63}$/;
const MOST_PARAMETERS = 50;

const parameterName = z.string().regex(PARAMETER, 'a name of letters, digits and _');
const value = z.union([text(20_000), z.number(), z.boolean()]);
const few = (given: object) => Object.keys(given).length <= MOST_PARAMETERS;
const TOO_MANY = { error: `more than ${MOST_PARAMETERS} parameters` };

/** What a prompt is filled in with. */
export const valuesSchema = z
  .record(parameterName, value)
  .refine(few, TOO_MANY)
  .openapi({ example: { repository: 'demo/todo-api', limit: 5 }, description: 'Values by parameter' });

const parametersSchema = z
  .record(
    parameterName,
    z.strictObject({
      type: z.enum(['string', 'number', 'boolean']),
      description: text(1_000).optional(),
      required: z
        .boolean()
        .optional()
        .openapi({ description: 'Whether one without a default must be given; true, if left out' }),
      default: value.optional(),
    }),
  )
  .refine(few, TOO_MANY)
  .openapi({
    example: { label: { type: 'string', description: 'Of the issues to look at', default: 'bug' } },
    description: 'What `{{name}}` in the prompt stands for, by name',
  });

const steps = z.int().min(1).max(1000).nullable();
const cost = usdLimit().nullable();
const duration = durationLimit().nullable();

export const goalSchema = z
  .object({
    id: z.string().openapi({ example: 'goal_01h455vb4pex5vsknk084sn02q' }),
    userId: z
      .string()
      .openapi({ description: 'Who made it; its schedules stop when they leave the organisation' }),
    agentId: z.string().openapi({ description: 'Whose runs it starts' }),
    name: z.string(),
    prompt: z.string(),
    parameters: parametersSchema,
    maxSteps: z
      .int()
      .nullable()
      .openapi({ description: "Of each of its runs; the agent's own limit where null" }),
    maxCostUsd: z.number().nullable(),
    maxDurationSeconds: z.int().nullable(),
    outputSchema: outputSchemaShown,
    status: z.enum(goalStatuses),
    scheduleCount: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Goal');

const prompt = someText(100_000).openapi({
  example: 'Triage the new issues labelled {{label}}.',
  description: '`{{name}}` stands for a parameter; `\\{{name}}` for itself',
});

export const newGoalSchema = z
  .strictObject({
    name: agentName,
    agentId: z.string().max(100),
    prompt,
    parameters: parametersSchema.default({}),
    maxSteps: steps.optional(),
    maxCostUsd: cost.optional(),
    maxDurationSeconds: duration.optional(),
    outputSchema: outputSchemaInput.nullable().optional(),
  })
  .openapi('NewGoal');

export const goalChangesSchema = z
  .strictObject({
    name: agentName.optional(),
    agentId: z.string().max(100).optional(),
    prompt: prompt.optional(),
    parameters: parametersSchema.optional(),
    maxSteps: steps.optional(),
    maxCostUsd: cost.optional(),
    maxDurationSeconds: duration.optional(),
    outputSchema: outputSchemaInput.nullable().optional(),
    status: z
      .enum(['active', 'paused'])
      .optional()
      .openapi({ description: 'While it is paused, none of its schedules fires' }),
  })
  .openapi('GoalChanges');
