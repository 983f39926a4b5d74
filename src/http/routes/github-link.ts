import { linkGithub } from '../../domain/auth/link-github.ts';
import type { Context } from '../../domain/context.ts';
import { needs } from '../access.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { githubReturn } from './auth.ts';
import { userSchema } from './me.ts';

const linkGithubRoute = createRoute({
  method: 'post',
  path: '/auth/github/link',
  operationId: 'linkGithub',
  tags: ['auth'],
  summary: 'Link your GitHub account, which repositories need',
  ...needs('account'),
  description:
    'For who came with a token of an issuer. It begins at `GET /auth/github/authorize`, as a sign-in does, and ends here instead. Linking the account you have again renews our access.',
  request: { body: jsonBody(githubReturn) },
  responses: {
    200: json(userSchema, 'You, with the account'),
    ...problems(
      'signInUnknown',
      'githubAccountTaken',
      'githubLinked',
      'githubCodeRefused',
      'githubAccessLost',
      'githubForbidden',
      'githubUnavailable',
      ...BODY_PROBLEMS,
      ...TOKEN_PROBLEMS,
    ),
  },
});

/** A GitHub account for who is here without one. */
export const githubLink = (context: Context) =>
  router().openapi(linkGithubRoute, async (c) =>
    c.json(await outlive(c, linkGithub(context, c.get('actor').userId, c.req.valid('json'))), 200),
  );
