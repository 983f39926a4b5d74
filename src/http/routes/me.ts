import { createRoute, z } from '@hono/zod-openapi';
import { getMe } from '../../domain/auth/get-me.ts';
import type { Context } from '../../domain/context.ts';
import { json, problems, router, signedIn, TOKEN_PROBLEMS } from '../contract.ts';

export const userSchema = z
  .object({
    id: z.string().openapi({ example: 'user_01h455vb4pex5vsknk084sn02q' }),
    login: z.string(),
    name: z.string().nullable(),
    email: z.string().nullable(),
    avatarUrl: z.string().nullable(),
    createdAt: z.iso.datetime(),
  })
  .openapi('User');

const getMeRoute = createRoute({
  method: 'get',
  path: '/auth/me',
  tags: ['auth'],
  summary: 'Who is signed in',
  security: signedIn,
  responses: { 200: json(userSchema, 'The user of the token'), ...problems(...TOKEN_PROBLEMS) },
});

export const me = (context: Context) =>
  router().openapi(getMeRoute, async (c) => c.json(await getMe(context, c.get('userId')), 200));
