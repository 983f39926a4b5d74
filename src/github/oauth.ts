import { exchangeWebFlowCode, getWebFlowAuthorizationUrl } from '@octokit/oauth-methods';
import { toGitHubError } from './errors.ts';
import { boundedSignal, createOctokit, type Fetch } from './send.ts';

/** `repo` for code and pull requests, `workflow` for files under .github/workflows, the others for who is signing in. */
const SCOPES = ['repo', 'workflow', 'read:user', 'user:email'];

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
  }): Promise<{ token: string; scopes: string[] }>;
}

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
        const { authentication } = await exchangeWebFlowCode({
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
        return { token: authentication.token, scopes };
      } catch (error) {
        throw toGitHubError('POST /login/oauth/access_token', error);
      }
    },
  };
}
