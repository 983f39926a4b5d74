import { z } from '@hono/zod-openapi';
import { createApiKey } from '../../domain/api-keys/create-api-key.ts';
import { getApiKey } from '../../domain/api-keys/get-api-key.ts';
import { listApiKeys } from '../../domain/api-keys/list-api-keys.ts';
import { revokeApiKey } from '../../domain/api-keys/revoke-api-key.ts';
import type { Context } from '../../domain/context.ts';
import { SCOPES } from '../../domain/permissions.ts';
import { needs } from '../access.ts';
import { lists, makes, removes, shows } from '../answers.ts';
import { createRoute, jsonBody, router } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { someText } from '../text.ts';
import { within } from '../within.ts';

const tags: ['keys'] = ['keys'];
const params = z.object({ apiKeyId: inPath.apiKeyId });

const scopes = z.array(z.enum(SCOPES)).openapi({
  description: 'What it may do: an operation names the one that it needs as `x-permission`',
  example: ['read', 'write'],
});

const apiKeySchema = z
  .object({
    id: z.string().openapi({ example: 'key_01h455vb4pex5vsknk084sn02q' }),
    name: z.string(),
    prefix: z
      .string()
      .openapi({ description: 'The part of the key that may be shown', example: 'Q2h8n6vXa1' }),
    scopes,
    userId: z.string().openapi({ description: 'Who made it, and as whom it acts while they are a member' }),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable().openapi({ description: 'Null until it is revoked' }),
    lastUsedAt: z.iso.datetime().nullable().openapi({ description: 'Right to the minute' }),
  })
  .openapi('ApiKey');

const createApiKeyRoute = createRoute({
  method: 'post',
  path: '/api-keys',
  operationId: 'createApiKey',
  tags,
  summary: 'Make a key for a program; this answer alone shows it',
  ...needs('manage'),
  description:
    'It acts for this organisation as you, with no more than your role allows at the time, and ends when you leave. Keys do not make keys.',
  request: {
    body: jsonBody(
      z
        .strictObject({
          name: someText(200).openapi({ description: 'What it is for', example: 'Nightly reports' }),
          scopes: scopes.min(1).max(SCOPES.length),
          expiresAt: z.iso
            .datetime({ offset: true })
            .regex(/^[2-9]/)
            .nullable()
            .default(null)
            .openapi({ description: 'Null for a key that lasts until it is revoked' }),
        })
        .openapi('NewApiKey'),
    ),
  },
  responses: makes(
    apiKeySchema
      .extend({
        key: z.string().openapi({
          description: 'The key. Send it as `Authorization: Bearer …`; only its hash is kept',
          example: 'cad_Q2h8n6vXa1_…',
        }),
      })
      .openapi('CreatedApiKey'),
    'The key',
  ),
});

const listApiKeysRoute = createRoute({
  method: 'get',
  path: '/api-keys',
  operationId: 'listApiKeys',
  tags,
  summary: "List the organisation's keys that were not revoked, newest first",
  ...needs('manage'),
  request: { query: listQuery },
  responses: lists(apiKeySchema, 'A page of keys'),
});

const getApiKeyRoute = createRoute({
  method: 'get',
  path: '/api-keys/{apiKeyId}',
  operationId: 'getApiKey',
  tags,
  summary: 'What a key may do, and when it was last used',
  ...needs('manage'),
  request: { params },
  responses: shows(apiKeySchema, 'The key', 'notFound'),
});

const revokeApiKeyRoute = createRoute({
  method: 'delete',
  path: '/api-keys/{apiKeyId}',
  operationId: 'revokeApiKey',
  tags,
  summary: 'Revoke a key; streams that were opened with it end',
  ...needs('manage'),
  request: { params },
  responses: removes('It opens nothing any more', 'notFound'),
});

/** Keys of an organisation, for programs. */
export const apiKeys = (context: Context) =>
  router()
    .openapi(createApiKeyRoute, async (c) => {
      const key = await createApiKey(scoped(c, context), c.get('actor'), c.req.valid('json'));
      c.header('location', `${BASE_PATH}/api-keys/${key.id}`);
      return c.json(key, 201);
    })
    .openapi(listApiKeysRoute, async (c) => {
      const page = within(c, rowsAsked(c.req.valid('query')));
      return c.json(rowsFound(await listApiKeys(context, page)), 200);
    })
    .openapi(getApiKeyRoute, async (c) =>
      c.json(await getApiKey(context, within(c, c.req.valid('param'))), 200),
    )
    .openapi(revokeApiKeyRoute, async (c) => {
      await outlive(c, revokeApiKey(context, within(c, c.req.valid('param'))));
      return c.body(null, 204);
    });
