import { z } from '@hono/zod-openapi';
import { listAudit } from '../../domain/audit/list-audit.ts';
import { verifyAudit } from '../../domain/audit/verify-audit.ts';
import type { Context } from '../../domain/context.ts';
import { needs } from '../access.ts';
import { createRoute, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { listOf, listQuery, readCursor, writeCursor } from '../pagination.ts';

const tags: ['organisations'] = ['organisations'];

const entrySchema = z
  .object({
    seq: z.int().openapi({ description: 'Gapless within the organisation, from 1' }),
    at: z.iso.datetime(),
    userId: z.string(),
    credential: z.string().openapi({
      description: 'How they showed who they are',
      example: 'session session_01h455vb4pex5vsknk084sn02q',
    }),
    action: z.string().openapi({ description: 'The method and the route', example: 'POST /api/v1/agents' }),
    object: z
      .record(z.string(), z.string())
      .openapi({ description: 'What stood in the address, and the id of what was made' }),
    status: z.int().openapi({ description: 'What was answered; 403 for what was not allowed' }),
    requestId: z.string(),
    address: z.string().nullable().openapi({ description: 'The IP address, where it is known' }),
    userAgent: z.string().nullable(),
    hash: z.string().openapi({ description: 'SHA-256 over the hash of the entry before and this entry' }),
  })
  .openapi('AuditEntry');

const place = z.tuple([z.int().min(1)]);

const listAuditRoute = createRoute({
  method: 'get',
  path: '/audit-log',
  operationId: 'listAuditLog',
  tags,
  summary: 'List what was done in the organisation, by whom and from where, newest first',
  ...needs('manage'),
  request: { query: listQuery },
  responses: {
    200: json(listOf(entrySchema), 'A page of entries'),
    ...problems('validationFailed', ...TOKEN_PROBLEMS),
  },
});

const verifyAuditRoute = createRoute({
  method: 'get',
  path: '/audit-log/verification',
  operationId: 'verifyAuditLog',
  tags,
  summary: 'Whether the log is as it was written: every hash is made again',
  ...needs('manage'),
  responses: {
    200: json(
      z
        .object({
          entries: z.int(),
          firstAltered: z
            .int()
            .nullable()
            .openapi({ description: 'The first entry that was changed or taken away; null when none was' }),
        })
        .openapi('AuditCheck'),
      'What was found',
    ),
    ...problems(...TOKEN_PROBLEMS),
  },
});

/** Who did what. `audit` in `src/http/audit.ts` writes it. */
export const auditLog = (context: Context) =>
  router()
    .openapi(listAuditRoute, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const before = cursor === undefined ? undefined : readCursor(cursor, place)[0];
      const { organisationId } = c.get('actor');
      const { items, next } = await listAudit(context, { organisationId, before, limit });
      return c.json({ data: items, nextCursor: next === null ? null : writeCursor([next]) }, 200);
    })
    .openapi(verifyAuditRoute, async (c) =>
      c.json(await verifyAudit(context, c.get('actor').organisationId), 200),
    );
