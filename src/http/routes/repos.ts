import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { listBranches } from '../../domain/repositories/list-branches.ts';
import { listRepositories } from '../../domain/repositories/list-repositories.ts';
import { needs } from '../access.ts';
import { createRoute, GITHUB_PROBLEMS, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { githubPage, githubPageCursor } from '../github-page.ts';
import { listOf, listQuery } from '../pagination.ts';

const tags: ['repositories'] = ['repositories'];

const repository = z
  .object({
    fullName: z.string().openapi({ example: 'octocat/hello-world' }),
    private: z.boolean(),
    defaultBranch: z.string(),
    description: z.string().nullable(),
    pushedAt: z.iso.datetime().nullable(),
    url: z.url(),
  })
  .openapi('Repository');

const branch = z.object({ name: z.string(), sha: z.string(), protected: z.boolean() }).openapi('Branch');

const listRepositoriesRoute = createRoute({
  method: 'get',
  path: '/repos',
  operationId: 'listRepositories',
  tags,
  summary: 'List your repositories on GitHub, last pushed first',
  ...needs('write'),
  request: {
    query: listQuery,
    headers: z.object({
      'if-none-match': z
        .string()
        .max(200)
        .optional()
        .openapi({ description: 'The `ETag` of an earlier answer' }),
    }),
  },
  responses: {
    200: {
      ...json(listOf(repository), 'A page of repositories'),
      headers: z.object({ etag: z.string().optional() }),
    },
    304: { description: 'The page is still the one of the ETag' },
    ...problems('validationFailed', 'notFound', ...GITHUB_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const listBranchesRoute = createRoute({
  method: 'get',
  path: '/repos/{owner}/{name}/branches',
  operationId: 'listBranches',
  tags,
  summary: "List a repository's branches",
  ...needs('write'),
  request: {
    params: z.object({
      owner: z
        .string()
        .regex(/^[\w-]{1,100}$/, 'a GitHub account')
        .openapi({ description: 'The account that owns it', example: 'octocat' }),
      name: z
        .string()
        .regex(/^(?!\.{1,2}$)[\w.-]{1,100}$/, 'the name of a repository')
        .openapi({ description: 'Its name', example: 'hello-world' }),
    }),
    query: listQuery,
  },
  responses: {
    200: json(listOf(branch), 'A page of branches'),
    ...problems('validationFailed', 'notFound', ...GITHUB_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

/** What GitHub knows, asked for each time as the user. */
export const repos = (context: Context) =>
  router()
    .openapi(listRepositoriesRoute, async (c) => {
      const page = githubPage(c.req.valid('query'));
      const etag = c.req.valid('header')['if-none-match'];
      const answer = await listRepositories(context, { userId: c.get('actor').userId, ...page, etag });
      // GitHub decides whether its answer changed; our caller keeps it.
      c.header('cache-control', 'private, no-cache');
      if (answer.notModified) return c.body(null, 304);
      if (answer.etag !== null) c.header('etag', answer.etag);
      const data = answer.items.map(
        ({ fullName, private: isPrivate, defaultBranch, description, pushedAt, url }) => ({
          fullName,
          private: isPrivate,
          defaultBranch,
          description,
          pushedAt,
          url,
        }),
      );
      return c.json({ data, nextCursor: githubPageCursor(answer.nextPage, page) }, 200);
    })
    .openapi(listBranchesRoute, async (c) => {
      const { owner, name } = c.req.valid('param');
      const page = githubPage(c.req.valid('query'));
      const repository = `${owner}/${name}`;
      const { items, nextPage } = await listBranches(context, {
        userId: c.get('actor').userId,
        repository,
        ...page,
      });
      return c.json({ data: items, nextCursor: githubPageCursor(nextPage, page) }, 200);
    });
