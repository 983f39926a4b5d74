import { z } from '@hono/zod-openapi';
import { changeAccount } from '../../domain/auth/change-account.ts';
import { getAccount } from '../../domain/auth/get-account.ts';
import { getMe } from '../../domain/auth/get-me.ts';
import { isEmployee } from '../../domain/auth/is-employee.ts';
import type { Context } from '../../domain/context.ts';
import { needs } from '../access.ts';
import {
  BODY_PROBLEMS,
  createRoute,
  GITHUB_PROBLEMS,
  json,
  jsonBody,
  problems,
  router,
  TOKEN_PROBLEMS,
} from '../contract.ts';
import { usdLimit } from '../limits.ts';

export const userSchema = z
  .object({
    id: z.string().openapi({ example: 'user_01h455vb4pex5vsknk084sn02q' }),
    login: z.string().openapi({
      description:
        'Their login at GitHub; without an account there, what the issuer of their token calls them',
    }),
    name: z.string().nullable(),
    email: z.string().nullable(),
    avatarUrl: z.string().nullable(),
    githubLinked: z.boolean().openapi({
      description: 'Whether they have a GitHub account here, which repositories need',
    }),
    createdAt: z.iso.datetime(),
  })
  .openapi('User');

const getMeRoute = createRoute({
  method: 'get',
  path: '/auth/me',
  operationId: 'getUser',
  tags: ['auth'],
  summary: 'Who is signed in',
  ...needs('account'),
  responses: { 200: json(userSchema, 'The user of the token'), ...problems(...TOKEN_PROBLEMS) },
});

const isEmployeeRoute = createRoute({
  method: 'get',
  path: '/auth/is-neon-employee',
  operationId: 'isNeonEmployee',
  tags: ['auth'],
  summary: 'Whether you are an employee, by the main e-mail address that you have proved to GitHub',
  ...needs('account'),
  responses: {
    200: json(z.object({ isNeonEmployee: z.boolean() }).openapi('Employment'), 'Whether you are one'),
    ...problems(...GITHUB_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const accountSchema = userSchema
  .extend({
    dailyCostLimitUsd: z
      .number()
      .nullable()
      .openapi({ description: 'What your runs may cost in a day (UTC); null for no limit' }),
    spentTodayUsd: z.number(),
  })
  .openapi('Account');

const getAccountRoute = createRoute({
  method: 'get',
  path: '/me',
  operationId: 'getAccount',
  tags: ['auth'],
  summary: 'Who is signed in, what they may spend in a day and have spent today',
  ...needs('account'),
  responses: { 200: json(accountSchema, 'The account'), ...problems(...TOKEN_PROBLEMS) },
});

const changeAccountRoute = createRoute({
  method: 'patch',
  path: '/me',
  operationId: 'changeAccount',
  tags: ['auth'],
  summary: 'Limit what your runs may cost in a day; those that wait for that go on if there is room now',
  ...needs('account'),
  request: {
    body: jsonBody(
      z
        .strictObject({
          dailyCostLimitUsd: usdLimit()
            .nullable()
            .openapi({ description: 'US dollars; null goes back to what the deployment allows' }),
        })
        .openapi('AccountChanges'),
    ),
  },
  responses: {
    200: json(accountSchema, 'The account'),
    ...problems(...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

/** The user of a token. */
export const me = (context: Context) =>
  router()
    .openapi(getMeRoute, async (c) => c.json(await getMe(context, c.get('actor').userId), 200))
    .openapi(isEmployeeRoute, async (c) =>
      c.json({ isNeonEmployee: await isEmployee(context, c.get('actor').userId) }, 200),
    )
    .openapi(getAccountRoute, async (c) => c.json(await getAccount(context, c.get('actor').userId), 200))
    .openapi(changeAccountRoute, async (c) => {
      const input = { userId: c.get('actor').userId, ...c.req.valid('json') };
      return c.json(await changeAccount(context, input), 200);
    });
