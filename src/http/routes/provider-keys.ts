import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { deleteProviderKey } from '../../domain/provider-keys/delete-provider-key.ts';
import { listProviderKeys } from '../../domain/provider-keys/list-provider-keys.ts';
import { setProviderKey } from '../../domain/provider-keys/set-provider-key.ts';
import { needs } from '../access.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listOf } from '../pagination.ts';
import { inPath } from '../params.ts';

const tags: ['models'] = ['models'];
const params = z.object({ provider: inPath.provider });

const providerKeySchema = z
  .object({
    provider: z.string(),
    lastFour: z
      .string()
      .openapi({ description: 'The end of the key; no more of it is ever shown', example: 'x4Kq' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('ProviderKey');

const listRoute = createRoute({
  method: 'get',
  path: '/provider-keys',
  operationId: 'listProviderKeys',
  tags,
  summary: 'List your own keys at model providers',
  ...needs('account'),
  responses: {
    200: json(listOf(providerKeySchema), 'Every key of yours, on one page'),
    ...problems(...TOKEN_PROBLEMS),
  },
});

const putRoute = createRoute({
  method: 'put',
  path: '/provider-keys/{provider}',
  operationId: 'putProviderKey',
  tags,
  summary: 'Set your own key at a provider, in place of the one before',
  description:
    "Runs that you start use it instead of the deployment's, in every organisation you are a member of. It is kept sealed.",
  ...needs('account'),
  request: {
    params,
    body: jsonBody(
      z
        .strictObject({
          key: z
            .string()
            .regex(/^[\x21-\x7e]{16,500}$/, 'Send the key alone: 16 to 500 characters without white space.')
            .openapi({ example: 'sk-proj-a1B2c3D4e5F6g7H8i9x4Kq' }),
        })
        .openapi('NewProviderKey'),
    ),
  },
  responses: {
    200: json(providerKeySchema, 'The key, as it is shown from now on'),
    ...problems('notFound', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/provider-keys/{provider}',
  operationId: 'deleteProviderKey',
  tags,
  summary: 'Forget your own key at a provider',
  ...needs('account'),
  request: { params },
  responses: { 204: { description: 'It is forgotten' }, ...problems('notFound', ...TOKEN_PROBLEMS) },
});

/** Users' own keys at model providers. */
export const providerKeys = (context: Context) =>
  router()
    .openapi(listRoute, async (c) => {
      const data = await listProviderKeys(context, { userId: c.get('actor').userId });
      return c.json({ data, nextCursor: null }, 200);
    })
    .openapi(putRoute, async (c) => {
      const { userId } = c.get('actor');
      const input = { userId, ...c.req.valid('param'), ...c.req.valid('json') };
      return c.json(await outlive(c, setProviderKey(context, input)), 200);
    })
    .openapi(deleteRoute, async (c) => {
      const { userId } = c.get('actor');
      await outlive(c, deleteProviderKey(context, { userId, ...c.req.valid('param') }));
      return c.body(null, 204);
    });
