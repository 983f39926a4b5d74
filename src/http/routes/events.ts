import { z } from '@hono/zod-openapi';
import { accepts } from 'hono/accepts';
import { getAgent } from '../../domain/agents/get-agent.ts';
import type { Context } from '../../domain/context.ts';
import { invalidField } from '../../domain/errors.ts';
import { getRun } from '../../domain/runs/get-run.ts';
import { listRunEvents } from '../../domain/runs/list-run-events.ts';
import { type ParsedCursor, parseAgentCursor, parseRunCursor } from '../../events/cursor.ts';
import { followAgent, followRun } from '../../events/follow.ts';
import type { FollowItem } from '../../events/follow-item.ts';
import { SSE_HEADERS, sseStream } from '../../events/sse.ts';
import { needsOrTicket } from '../access.ts';
import type { RequestContext } from '../app-env.ts';
import { createRoute, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { listOf } from '../pagination.ts';
import { inPath } from '../params.ts';
import { eventSchema, streamItemSchema } from './event-schema.ts';

const tags: ['events'] = ['events'];

export const place = {
  query: z.object({
    after: z.string().max(100).optional().openapi({ description: 'The `id` of the last event you know' }),
  }),
  headers: z.object({
    'last-event-id': z.string().max(100).optional().openapi({
      description: 'The same; what `EventSource` sends when it comes back. It wins over `after`',
    }),
  }),
};

const stream = { 'text/event-stream': { schema: streamItemSchema } };

const followAgentRoute = createRoute({
  method: 'get',
  path: '/agents/{agentId}/events',
  operationId: 'followAgent',
  tags,
  summary: 'Follow an agent through its runs; an `id` is the run and the number of the event',
  ...needsOrTicket('read'),
  request: { params: z.object({ agentId: inPath.agentId }), ...place },
  responses: {
    200: { description: 'The stream', content: stream },
    ...problems('validationFailed', 'notFound', 'ticketInvalid', ...TOKEN_PROBLEMS),
  },
});

const followRunRoute = createRoute({
  method: 'get',
  path: '/runs/{runId}/events',
  operationId: 'followRun',
  tags,
  summary: 'Follow a run to its end; an `id` is the number of the event',
  ...needsOrTicket('read'),
  request: { params: z.object({ runId: inPath.runId }), ...place },
  responses: {
    200: {
      description:
        'The stream or, with `Accept: application/json`, a page whose `nextCursor` is the next `after`',
      // Generated clients take the first, which is the one that they can read.
      content: { ...json(listOf(eventSchema), 'A page of events').content, ...stream },
    },
    204: { description: 'The run has ended and there is nothing behind the place: do not come back' },
    ...problems('validationFailed', 'notFound', 'ticketInvalid', ...TOKEN_PROBLEMS),
  },
});

/** What happens, as it happens. A stream lasts as long as what it was opened with. */
export const events = (context: Context) =>
  router()
    .openapi(followAgentRoute, async (c) => {
      const { agentId } = c.req.valid('param');
      await getAgent(context, { organisationId: c.get('actor').organisationId, agentId });
      const after = cursorOf(c, parseAgentCursor);
      return serve(c, (signal) => followAgent(context, { agentId, after, signal, ...viewing(c) }));
    })
    .openapi(followRunRoute, async (c) => {
      const { runId } = c.req.valid('param');
      const { organisationId } = c.get('actor');
      const after = cursorOf(c, parseRunCursor);
      c.header('vary', 'accept');
      if (wantsJson(c)) {
        const { items, next } = await listRunEvents(context, { organisationId, runId, after });
        return c.json({ data: items, nextCursor: next === null ? null : String(next) }, 200);
      }
      const { agentId, finishedAt } = await getRun(context, { organisationId, runId });
      // An `EventSource` comes back after the end of every stream, until it is told not to.
      if (
        finishedAt !== null &&
        (await listRunEvents(context, { organisationId, runId, after })).items.length === 0
      ) {
        return c.body(null, 204);
      }
      return serve(c, (signal) => followRun(context, { runId, agentId, after, signal, ...viewing(c) }));
    });

/** Who looks on, and how long they may. */
export function viewing(c: RequestContext) {
  const until = c.get('tokenExpiresAt')?.getTime();
  return { viewer: c.get('actor'), ...(until === undefined ? {} : { until }) };
}

export function cursorOf<Cursor>(
  c: RequestContext,
  parse: (given: { lastEventId?: string; after?: string }) => ParsedCursor<Cursor>,
): Cursor {
  const lastEventId = c.req.header('last-event-id');
  const parsed = parse({ lastEventId, after: c.req.query('after') });
  if (parsed.ok) return parsed.cursor;
  throw invalidField(lastEventId ? 'header.last-event-id' : 'query.after', parsed.problem);
}

const wantsJson = (c: RequestContext) =>
  accepts(c, {
    header: 'Accept',
    supports: ['text/event-stream', 'application/json'],
    default: 'text/event-stream',
  }) === 'application/json';

/** The stream ends with the client's connection. */
export const serve = (c: RequestContext, open: (signal: AbortSignal) => AsyncGenerator<FollowItem, void>) =>
  c.body(sseStream(open, { signal: c.req.raw.signal }), 200, { ...SSE_HEADERS });
