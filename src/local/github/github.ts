/**
 * GitHub for the local cloud: OAuth, the REST API under `/api/v3` (as GitHub Enterprise Server lays it out), webhooks,
 * and real bare repositories that `git clone` reads on the same port.
 *
 * Kinder than GitHub in one place, on purpose: `/login/oauth/authorize?login=<account>` approves at once, where GitHub
 * takes `login` as a suggestion and shows its page. It lets curl sign in.
 *
 * Not modelled: forks and pull requests between repositories, inviting collaborators, teams, GitHub Apps (so checks are reported
 * by `reportCheck`, each as a suite of its own), fine-grained tokens, GraphQL, pending and dismissed reviews, commit statuses, milestones, reactions, releases, branch protection and
 * rulesets, the `workflow` scope, secondary rate limits, `Last-Modified`, the `.patch` media type, renames with edits
 * (only exact moves are recognised), signed commits, repository search, deletion and renaming of repositories.
 * `mergeable` is known at once instead of being null first. Merging is stricter than Git's: a change whose three
 * surrounding lines were changed as well counts as a conflict. Rate limits are forgotten on restart.
 */
import * as nodeFs from 'node:fs';
import { Hono } from 'hono';
import { listen } from '../listen.ts';
import { createApi, type RateLimits, writeError } from './api/doors.ts';
import { notFound } from './api/errors.ts';
import { type Core, createStores, findUser, fullName, toTimestamp } from './core.ts';
import type { FileSystem } from './file-system.ts';
import { createMutex } from './mutex.ts';
import { issueToken } from './oauth.ts';
import { addRepository, type NewRepository } from './repositories.ts';
import { createApplications } from './routes/applications.ts';
import { registerArchives } from './routes/archive.ts';
import { type CheckReport, registerChecks, reportCheck } from './routes/checks.ts';
import { registerComments } from './routes/comments.ts';
import { registerCommits } from './routes/commits.ts';
import { registerContents } from './routes/contents.ts';
import { registerGitHttp } from './routes/git-http.ts';
import { registerGitObjects } from './routes/git-objects.ts';
import { registerGitRefs } from './routes/git-refs.ts';
import { registerHooks } from './routes/hooks.ts';
import { registerIssues } from './routes/issues.ts';
import { registerLabels } from './routes/labels.ts';
import { registerOAuth } from './routes/oauth.ts';
import { registerPulls } from './routes/pulls.ts';
import { registerRepos } from './routes/repos.ts';
import { registerReviews } from './routes/reviews.ts';
import { registerUsers } from './routes/users.ts';
import { registerWeb } from './routes/web.ts';
import { openStateFile } from './state-file.ts';
import type { State } from './types.ts';
import { createWebhookSender } from './webhooks.ts';

export interface GitHubOptions {
  /** Where repositories and `state.json` are kept; made when missing. What is there is taken up again. */
  root: string;
  clientId: string;
  clientSecret: string;
  /** The OAuth app's registered callback; without one any http(s) address is accepted. */
  callbackUrl?: string;
  /** Tokens of users expire after eight hours and come with a refresh token, as those of GitHub Apps do; not so unless given. */
  expiringTokens?: boolean;
  clock?: { now(): number };
  /** Sends webhook deliveries. */
  fetch?: typeof globalThis.fetch;
  /** Requests an hour; GitHub's 5000 for each account and 60 for the anonymous unless given. */
  rateLimit?: Partial<RateLimits>;
  /** Where the stand-in is reached, without a trailing slash; it appears in every URL of its answers. */
  publicUrl?: string;
  /** Where objects and state live; the disk unless given. */
  fs?: FileSystem;
}

export interface GitHub {
  /** The web part: sign-in, pages, clone URLs. */
  url: string;
  /** The base of the REST API, for `GITHUB_API_URL`. */
  apiUrl: string;
  fetch(request: Request): Promise<Response>;
  /** Adds a repository unless it exists. */
  addRepository(
    repository: NewRepository,
  ): Promise<{ fullName: string; cloneUrl: string; defaultBranch: string }>;
  /** A token for an account, as if it had signed in. Scopes are those of the product unless given. */
  issueToken(login: string, scopes?: string[]): Promise<string>;
  /** Reports a check that has ended, as an app such as Actions does. */
  reportCheck(repository: string, check: CheckReport): Promise<void>;
  /** Resolves when every webhook under way has been answered or lost. */
  deliveriesSettled(): Promise<void>;
  close(): Promise<void>;
}

const defaultScopes = ['repo', 'read:user', 'user:email', 'admin:repo_hook'];

/** Opens the stand-in in process. Accounts: `demo` (id 1), `octo`, and the organisation `acme`, whose member is `demo`. */
export async function createGitHub(options: GitHubOptions): Promise<GitHub> {
  const fs: FileSystem = options.fs ?? nodeFs;
  const nowMs = () => options.clock?.now() ?? Date.now();
  const url = options.publicUrl ?? 'http://github.local';
  const { root, clientId, clientSecret, callbackUrl } = options;
  const core: Core = {
    url,
    apiUrl: `${url}/api/v3`,
    root,
    fs,
    clientId,
    clientSecret,
    callbackUrl,
    expiringTokens: options.expiringTokens ?? false,
    nowMs,
    state: await openStateFile(fs, root, () => initialState(nowMs())),
    webhooks: createWebhookSender(() => core, options.fetch ?? globalThis.fetch),
    lock: createMutex(),
    storeOf: createStores(fs, root),
  };
  const web = compose(core, { authenticated: 5000, anonymous: 60, ...options.rateLimit });
  return {
    url,
    apiUrl: core.apiUrl,
    fetch: async (request) => web.fetch(request),
    async addRepository(wanted) {
      const repository = await addRepository(core, wanted);
      const cloneUrl = `${url}/${fullName(repository)}.git`;
      return { fullName: fullName(repository), cloneUrl, defaultBranch: repository.defaultBranch };
    },
    async issueToken(login, scopes = defaultScopes) {
      const user = findUser(core, login);
      if (!user) throw new Error(`no account ${login}`);
      const { token } = issueToken(core, user.login, scopes);
      await core.state.save();
      return token;
    },
    async reportCheck(name, check) {
      reportCheck(core, name, check);
      await core.state.save();
    },
    deliveriesSettled: () => core.webhooks.settled(),
    async close() {
      await core.webhooks.close();
      await core.state.save();
    },
  };
}

/** Opens the stand-in and serves it on the loopback interface. */
export async function start(options: GitHubOptions & { port?: number }): Promise<GitHub> {
  const opened = Promise.withResolvers<GitHub>();
  const server = await listen(async (request) => (await opened.promise).fetch(request), options);
  try {
    const github = await createGitHub({ publicUrl: server.url, ...options });
    opened.resolve(github);
    const close = async () => {
      await server.close();
      await github.close();
    };
    return { ...github, close };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Every door of the stand-in. */
function compose(core: Core, limits: RateLimits): Hono {
  const web = new Hono();
  web.onError(writeError);
  const api = createApi(core, limits);
  registerUsers(api, core);
  registerRepos(api, core);
  registerContents(api, core);
  registerGitObjects(api, core);
  registerGitRefs(api, core);
  // Before the commits, whose names may have slashes in them.
  registerChecks(api, core);
  registerCommits(api, core);
  registerPulls(api, core);
  registerIssues(api, core);
  registerLabels(api, core);
  registerComments(api, core);
  registerReviews(api, core);
  registerHooks(api, core);
  registerArchives(api, web, core);
  api.all('*', () => {
    throw notFound();
  });
  registerOAuth(web, core);
  web.route('/api/v3', createApplications(core));
  web.route('/api/v3', api);
  registerGitHttp(web, core);
  registerWeb(web, core);
  return web;
}

function initialState(nowMs: number): State {
  const createdAt = toTimestamp(nowMs);
  const person = { type: 'User' as const, members: [], createdAt };
  return {
    nextId: 1000,
    users: [
      { ...person, id: 1, login: 'demo', name: 'Demo User', email: 'demo@example.com' },
      { ...person, id: 2, login: 'octo', name: 'Octo Stranger', email: 'octo@example.com' },
      { id: 3, login: 'acme', name: 'Acme', email: null, type: 'Organization', members: ['demo'], createdAt },
    ],
    tokens: [],
    codes: [],
    repositories: [],
  };
}
