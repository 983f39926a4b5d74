import { exchangeWebFlowCode, getWebFlowAuthorizationUrl } from '@octokit/oauth-methods';
import { z } from 'zod';
import { GitHubError, toGitHubError } from './errors.ts';
import { boundedSignal, createOctokit, type Fetch } from './send.ts';

/** `repo` for code and pull requests, `workflow` for files under .github/workflows, the others for who is signing in. */
const SCOPES = ['repo', 'workflow', 'read:user', 'user:email'];

/** What GitHub gives for a user: of an OAuth app a token that stays, of a GitHub App one that expires and a refresh token for one use. */
export interface GitHubTokens {
  token: string;
  refreshToken: string | null;
  expiresInSeconds: number | null;
}

const EXCHANGE = 'POST /login/oauth/access_token';

/** The part of the answer that only GitHub Apps get (docs.github.com, "Refreshing user access tokens"). */
const expiringSchema = z.object({
  refresh_token: z.string().nullable().catch(null),
  expires_in: z.coerce.number().positive().nullable().catch(null),
});
const refreshedSchema = z.union([z.object({ error: z.string() }), z.object({ access_token: z.string() })]);

export interface OAuth {
  /** Where the user's browser goes to sign in. `codeChallenge` is the S256 of PKCE (RFC 7636). */
  authorizeUrl(input: { redirectUri: string; state: string; codeChallenge: string }): string;
  /**
   * Turns the code GitHub sent back into a token.
   *
   * @throws {GitHubError} `invalid` for a code that is wrong, used or expired, or a wrong verifier
   */
  exchangeCode(input: {
    code: string;
    codeVerifier: string;
    redirectUri: string;
  }): Promise<GitHubTokens & { scopes: string[] }>;
  /**
   * Turns a refresh token into the next token and refresh token; it and the token that came with it are no good any more.
   *
   * @returns null when GitHub does not take it: it was used, or has expired, or the user has withdrawn the access
   */
  refresh(refreshToken: string): Promise<GitHubTokens | null>;
}

/** The lease of whoever refreshes is reckoned with it. */
const REFRESH_TIMEOUT_MS = 10_000;

export function createOAuth(options: {
  webUrl: string;
  clientId: string;
  clientSecret: string;
  fetch: Fetch;
}): OAuth {
  const { webUrl, clientId, clientSecret, fetch } = options;
  // The library takes the web's address from the API's; ours are configured apart.
  const { request } = createOctokit({ apiUrl: webUrl, fetch });

  return {
    authorizeUrl({ redirectUri, state, codeChallenge }) {
      const { url } = getWebFlowAuthorizationUrl({
        clientType: 'oauth-app',
        clientId,
        redirectUrl: redirectUri,
        state,
        scopes: SCOPES,
        request,
      });
      const withChallenge = new URL(url);
      withChallenge.searchParams.set('code_challenge', codeChallenge);
      withChallenge.searchParams.set('code_challenge_method', 'S256');
      return withChallenge.href;
    },

    async exchangeCode({ code, codeVerifier, redirectUri }) {
      try {
        const { authentication, data } = await exchangeWebFlowCode({
          clientType: 'oauth-app',
          clientId,
          clientSecret,
          code,
          redirectUrl: redirectUri,
          // The library does not know PKCE; a default of the request joins the body.
          request: request.defaults({
            code_verifier: codeVerifier,
            request: { signal: boundedSignal(undefined) },
          }),
        });
        // GitHub separates scopes by commas, where the library expects spaces.
        const scopes = authentication.scopes.flatMap((scope) => scope.split(',')).filter(Boolean);
        return { token: authentication.token, scopes, ...expiring(data) };
      } catch (error) {
        throw toGitHubError(EXCHANGE, error);
      }
    },

    async refresh(given) {
      try {
        // Not by the library's function: without a Date or an expiry in the answer it throws, and the refresh token is used up by then.
        const { data } = await request(EXCHANGE, {
          baseUrl: webUrl,
          headers: { accept: 'application/json' },
          client_id: clientId,
          client_secret: clientSecret,
          grant_type: 'refresh_token',
          refresh_token: given,
          request: { signal: AbortSignal.timeout(REFRESH_TIMEOUT_MS) },
        });
        const answer = refreshedSchema.parse(data);
        if ('access_token' in answer) return { token: answer.access_token, ...expiring(data) };
        if (answer.error === 'bad_refresh_token') return null;
        throw new GitHubError(`${EXCHANGE}: ${answer.error}`, { status: 200, code: 'invalid' });
      } catch (error) {
        throw error instanceof GitHubError ? error : toGitHubError(EXCHANGE, error);
      }
    },
  };
}

function expiring(data: unknown): Pick<GitHubTokens, 'refreshToken' | 'expiresInSeconds'> {
  const { refresh_token, expires_in } = expiringSchema.parse(data);
  return { refreshToken: refresh_token, expiresInSeconds: expires_in };
}
