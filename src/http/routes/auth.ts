import { z } from '@hono/zod-openapi';
import { beginSignIn } from '../../domain/auth/begin-sign-in.ts';
import { refreshSession } from '../../domain/auth/refresh-session.ts';
import { signIn } from '../../domain/auth/sign-in.ts';
import { signOut } from '../../domain/auth/sign-out.ts';
import type { Context } from '../../domain/context.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, openToAll, problems, router } from '../contract.ts';
import { userSchema } from './me.ts';

const tags: ['auth'] = ['auth'];

const LONGEST_USER_AGENT = 200;

const redirectUri = z.url().max(2000).openapi({
  example: 'cadence://signed-in',
  description:
    'Where GitHub sends the user back: one of the addresses that the deployment allows, letter by letter',
});

const tokens = {
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int().openapi({ example: 900, description: 'Seconds until the access token expires' }),
  refreshToken: z.string().openapi({ description: 'Good for one refresh; every refresh gives the next' }),
};

/** What an app has when GitHub has sent its user back. */
export const githubReturn = z.strictObject({
  state: z.string().min(16).max(500).openapi({ description: 'What the sign-in began with; it is good once' }),
  code: z.string().min(1).max(500),
  codeVerifier: z.string().regex(/^[\w.~-]{43,128}$/, '43 to 128 letters, digits or any of - . _ ~'),
  redirectUri,
});

const refreshTokenBody = z.strictObject({ refreshToken: z.string().min(1).max(500) });

const authorize = createRoute({
  method: 'get',
  path: '/auth/github/authorize',
  operationId: 'authorizeSignIn',
  tags,
  summary: 'Send the user to GitHub to sign in',
  security: openToAll,
  description:
    'GitHub sends the user to `redirectUri` with `code` and `state`. Check `state`, then POST both, within ten minutes. Nothing that GitHub puts into the address signs in without your `codeVerifier`.',
  request: {
    query: z.object({
      redirectUri,
      state: z.string().min(16).max(500).openapi({
        description:
          'Random, of 16 characters or more, for one sign-in; kept by the app until GitHub returns it',
      }),
      codeChallenge: z
        .string()
        .regex(/^[\w-]{43}$/, 'base64url of a SHA-256, 43 characters')
        .openapi({ description: 'PKCE (RFC 7636), method S256' }),
      login: z.string().min(1).max(100).optional().openapi({ description: 'The account to suggest' }),
    }),
  },
  responses: {
    302: { description: 'To GitHub', headers: z.object({ location: z.url() }) },
    ...problems('validationFailed', 'rateLimited'),
  },
});

const signInRoute = createRoute({
  method: 'post',
  path: '/auth/github',
  operationId: 'signIn',
  tags,
  summary: 'Sign in with the code GitHub gave',
  security: openToAll,
  request: {
    body: jsonBody(githubReturn),
  },
  responses: {
    200: json(z.object({ ...tokens, user: userSchema }).openapi('SignedIn'), 'Signed in'),
    ...problems(
      'signInUnknown',
      'githubCodeRefused',
      'githubAccessLost',
      'githubForbidden',
      'githubUnavailable',
      'rateLimited',
      ...BODY_PROBLEMS,
    ),
  },
});

const refreshRoute = createRoute({
  method: 'post',
  path: '/auth/refresh',
  operationId: 'refreshTokens',
  tags,
  summary: 'Replace the tokens',
  security: openToAll,
  description:
    'If the answer was lost, ask again with the same token within two minutes. Using a replaced token at any other time ends the session.',
  request: { body: jsonBody(refreshTokenBody) },
  responses: {
    200: json(z.object(tokens).openapi('Tokens'), 'The next pair'),
    ...problems('refreshTokenInvalid', 'refreshTokenReused', 'sessionEnded', 'rateLimited', ...BODY_PROBLEMS),
  },
});

const signOutRoute = createRoute({
  method: 'post',
  path: '/auth/logout',
  operationId: 'signOut',
  tags,
  summary: 'End the session',
  security: openToAll,
  description: 'No refresh token of the session works any longer. Its last access token runs out by itself.',
  request: { body: jsonBody(refreshTokenBody) },
  responses: {
    204: { description: 'The session is over, or there was none' },
    ...problems('rateLimited', ...BODY_PROBLEMS),
  },
});

/** Signing in and what keeps one signed in; open to all. */
export const auth = (context: Context) =>
  router()
    .openapi(authorize, async (c) => c.redirect(await beginSignIn(context, c.req.valid('query')), 302))
    .openapi(signInRoute, async (c) => {
      const userAgent = c.req.header('user-agent')?.slice(0, LONGEST_USER_AGENT) ?? null;
      return c.json(await signIn(context, { ...c.req.valid('json'), userAgent }), 200);
    })
    .openapi(refreshRoute, async (c) =>
      c.json(await refreshSession(context, c.req.valid('json').refreshToken), 200),
    )
    .openapi(signOutRoute, async (c) => {
      await signOut(context, c.req.valid('json').refreshToken);
      return c.body(null, 204);
    });
