import { z } from '@hono/zod-openapi';

/** When a message is heard. */
export const delivers = ['now', 'afterRun'] as const;

export const messageStates = ['queued', 'delivered', 'withdrawn'] as const;

/** Something said to an agent that was at work. */
export const messageSchema = z
  .object({
    id: z.string().openapi({ example: 'message_01h455vb4pex5vsknk084sn02q' }),
    runId: z.string().openapi({ description: 'The run that was under way' }),
    deliver: z.enum(delivers),
    seq: z
      .int()
      .nullable()
      .openapi({ description: 'Its number within the run, from 1; null for `afterRun`' }),
    text: z.string(),
    state: z.enum(messageStates).openapi({
      description:
        'Only a `queued` one can be changed: the model has not been sent it, or its run has not begun. What waits for the end of a run is `withdrawn` when that run is cancelled or the agent archived',
    }),
    createdAt: z.iso.datetime(),
    deliveredStep: z.int().nullable().openapi({
      description:
        'The first step that heard it, or whose question it answers; null while there is none in its run',
    }),
    startedRunId: z.string().nullable().openapi({ description: 'The run that it started, for `afterRun`' }),
  })
  .openapi('Message');
