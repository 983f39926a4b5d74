import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { getExecution } from '../../domain/dags/get-execution.ts';
import { hasMoreEvents } from '../../domain/dags/has-more-events.ts';
import { parseRunCursor } from '../../events/cursor.ts';
import { followExecution } from '../../events/follow.ts';
import { needsOrTicket } from '../access.ts';
import { createRoute, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { inPath } from '../params.ts';
import { cursorOf, place, serve, viewing } from './events.ts';

const eventSchema = z
  .object({
    event: z.string().openapi({
      description: '`execution.…`, `node.…`, or the type of an event of one of its runs',
      example: 'node.completed',
    }),
    id: z.string().optional().openapi({ description: 'Where to come back to' }),
    data: z.object({
      seq: z.int().openapi({ description: 'Gapless within the execution, from 1' }),
      type: z.string(),
      data: z
        .record(z.string(), z.unknown())
        .openapi({ description: 'Of a node or a run, it has `nodeId` and `runId` besides' }),
      speech: z.string().nullable(),
      at: z.iso.datetime(),
    }),
  })
  .openapi('DagStreamItem');

const followRoute = createRoute({
  method: 'get',
  path: '/dag-executions/{executionId}/events',
  operationId: 'followDagExecution',
  tags: ['dags'],
  summary:
    'Follow an execution to its end, with the events of all its runs; an `id` is the number of the event',
  ...needsOrTicket('read'),
  request: { params: z.object({ executionId: inPath.executionId }), ...place },
  responses: {
    200: { description: 'The stream', content: { 'text/event-stream': { schema: eventSchema } } },
    204: { description: 'The execution has ended and there is nothing behind the place: do not come back' },
    ...problems('validationFailed', 'notFound', 'ticketInvalid', ...TOKEN_PROBLEMS),
  },
});

/** What happens in executions of DAGs, as it happens. */
export const dagEvents = (context: Context) =>
  router().openapi(followRoute, async (c) => {
    const { executionId } = c.req.valid('param');
    const { organisationId } = c.get('actor');
    const after = cursorOf(c, parseRunCursor);
    const { finishedAt } = await getExecution(context, { organisationId, executionId });
    // An `EventSource` comes back after the end of every stream, until it is told not to.
    if (finishedAt !== null && !(await hasMoreEvents(context, { executionId, after })))
      return c.body(null, 204);
    return serve(c, (signal) => followExecution(context, { executionId, after, signal, ...viewing(c) }));
  });
