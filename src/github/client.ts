import { type Archives, createArchives } from './archive.ts';
import { type Checks, createChecks } from './checks.ts';
import { GitHubError, toGitHubError } from './errors.ts';
import { createGitData, type GitData } from './git-data.ts';
import { createHistory, type History } from './history.ts';
import { createHooks, type Hooks } from './hooks.ts';
import { createIssues, type Issues } from './issues.ts';
import { createOAuth, type OAuth } from './oauth.ts';
import { createPulls, type Pulls } from './pulls.ts';
import { createRepositories, type Repositories } from './repositories.ts';
import { type Access, boundedSignal, createSend, type Fetch, type SendOptions } from './send.ts';

/**
 * GitHub as one user. A repository is "owner/name", a branch has no `refs/heads/`. Every method makes one request
 * (an archive two), retries nothing, and throws `GitHubError`.
 */
export interface GitHubClient extends Repositories, GitData, History, Archives, Pulls, Issues, Hooks, Checks {
  /** The same client whose requests end with the signal; they then throw the signal's reason. */
  withSignal(signal: AbortSignal): GitHubClient;
}

/** GitHub as an app: signs users in and acts for them. */
export interface GitHub extends OAuth {
  /** @param renew see {@link Access} */
  forToken(token: string, renew?: Access['renew']): GitHubClient;
  /** @throws {GitHubError} when GitHub cannot be reached or is in trouble */
  ping(): Promise<void>;
}

/**
 * @param options.apiUrl of the REST API, without a trailing slash ("https://api.github.com")
 * @param options.webUrl where users sign in ("https://github.com")
 * @param options.fetch for tests; the runtime's own without it
 */
export function createGitHub(options: {
  apiUrl: string;
  webUrl: string;
  clientId: string;
  clientSecret: string;
  fetch?: Fetch;
}): GitHub {
  const { apiUrl } = options;
  const fetch: Fetch = options.fetch ?? ((request) => globalThis.fetch(request));
  return {
    ...createOAuth({ ...options, fetch }),
    forToken: (token, renew) => createClient({ apiUrl, fetch, access: { token, renew } }),
    async ping() {
      const route = 'GET /rate_limit';
      const url = `${apiUrl}/rate_limit`;
      const request = new Request(url, {
        headers: { 'user-agent': 'cadence' },
        signal: boundedSignal(undefined),
      });
      const response = await fetch(request).catch((error: unknown) => {
        throw toGitHubError(route, error);
      });
      await response.body?.cancel();
      // Anything below 500 comes from a GitHub that is up, a refusal of the anonymous caller included.
      if (response.status >= 500) {
        throw new GitHubError(`GitHub answered ${response.status} to ${route}`, {
          status: response.status,
          code: 'unavailable',
        });
      }
    },
  };
}

function createClient(options: SendOptions): GitHubClient {
  const send = createSend(options);
  return {
    ...createRepositories(send),
    ...createGitData(send),
    ...createHistory(send),
    ...createArchives(send, options),
    ...createPulls(send),
    ...createIssues(send),
    ...createHooks(send),
    ...createChecks(send),
    withSignal: (signal) => createClient({ ...options, signal }),
  };
}
