import { z } from '@hono/zod-openapi';
import { MAX_VALUE_LENGTH, MEMORY_KEY, MEMORY_KEY_RULE, MEMORY_SCOPES } from '../../memory/memory.ts';
import { someText } from '../text.ts';

const description = 'What it is remembered by';

export const keyInPath = z.string().openapi({ description, example: 'test-command' });

/** Of something about to be remembered. */
export const newKeyInPath = z
  .string()
  .regex(MEMORY_KEY, MEMORY_KEY_RULE)
  .openapi({ description, example: 'test-command' });

export const memoryQuery = z.object({
  q: z.string().trim().min(1).max(200).optional().openapi({
    description: 'Only those with any of these words, or other forms of them, best first',
    example: 'tests',
  }),
});

export const memorySchema = z
  .object({
    key: z.string().openapi({ example: 'test-command' }),
    scope: z.enum(MEMORY_SCOPES).openapi({ description: "Whose it is: an agent's, or its organisation's" }),
    value: z.string().openapi({ example: 'npm test' }),
    agentId: z
      .string()
      .nullable()
      .openapi({ description: 'The agent that wrote it, its run and the step; null for what a user wrote' }),
    runId: z.string().nullable(),
    stepNo: z.int().nullable(),
    userId: z
      .string()
      .nullable()
      .openapi({ description: 'The user who wrote it; null for what an agent wrote' }),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Memory');

export const newMemorySchema = z
  .strictObject({
    value: someText(4 * MAX_VALUE_LENGTH)
      .refine((value) => value.length <= MAX_VALUE_LENGTH, {
        error: `longer than ${MAX_VALUE_LENGTH} characters`,
      })
      .openapi({ example: 'npm test' }),
  })
  .openapi('NewMemory');
