import { z } from '@hono/zod-openapi';
import { endSession, endSessions } from '../../domain/auth/end-sessions.ts';
import { listSessions } from '../../domain/auth/list-sessions.ts';
import type { Context } from '../../domain/context.ts';
import { needs } from '../access.ts';
import { createRoute, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listOf, listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';

const tags: ['auth'] = ['auth'];

const sessionSchema = z
  .object({
    id: z.string().openapi({ example: 'session_01h455vb4pex5vsknk084sn02q' }),
    userAgent: z.string().nullable().openapi({ description: 'What signed in, in its own words' }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable().openapi({ description: 'Right to the minute' }),
    expiresAt: z.iso.datetime(),
    current: z.boolean().openapi({ description: 'Whether it is the one that asks' }),
  })
  .openapi('Session');

const listSessionsRoute = createRoute({
  method: 'get',
  path: '/sessions',
  operationId: 'listSessions',
  tags,
  summary: 'List where you are signed in, newest first',
  ...needs('account'),
  request: { query: listQuery },
  responses: {
    200: json(listOf(sessionSchema), 'A page of sessions'),
    ...problems('validationFailed', ...TOKEN_PROBLEMS),
  },
});

const endSessionRoute = createRoute({
  method: 'delete',
  path: '/sessions/{sessionId}',
  operationId: 'endSession',
  tags,
  summary: 'Sign one device out: its tokens are refused and its streams end',
  ...needs('account'),
  request: { params: z.object({ sessionId: inPath.sessionId }) },
  responses: { 204: { description: 'It is over' }, ...problems('notFound', ...TOKEN_PROBLEMS) },
});

const endSessionsRoute = createRoute({
  method: 'delete',
  path: '/sessions',
  operationId: 'endSessions',
  tags,
  summary: 'Sign out everywhere',
  ...needs('account'),
  request: {
    query: z.object({
      except: z.literal('current').optional().openapi({ description: 'Stay signed in here' }),
    }),
  },
  responses: {
    204: { description: 'They are over' },
    ...problems('validationFailed', ...TOKEN_PROBLEMS),
  },
});

/** Where somebody is signed in. */
export const sessions = (context: Context) =>
  router()
    .openapi(listSessionsRoute, async (c) => {
      const page = rowsAsked(c.req.valid('query'));
      return c.json(rowsFound(await listSessions(context, c.get('actor'), page)), 200);
    })
    .openapi(endSessionRoute, async (c) => {
      await outlive(c, endSession(context, c.get('actor'), c.req.valid('param').sessionId));
      return c.body(null, 204);
    })
    .openapi(endSessionsRoute, async (c) => {
      const keepCurrent = c.req.valid('query').except === 'current';
      await outlive(c, endSessions(context, c.get('actor'), { keepCurrent }));
      return c.body(null, 204);
    });
