import { z } from 'zod';
import { GitHubError } from './errors.ts';
import { type Answer, partsOf, type Send } from './send.ts';

interface GitHubUser {
  id: number;
  login: string;
  name: string | null;
  /** The public address; null for the many who show none. */
  email: string | null;
  avatarUrl: string;
}

interface GitHubRepository {
  id: number;
  /** "owner/name". */
  fullName: string;
  owner: string;
  name: string;
  description: string | null;
  private: boolean;
  archived: boolean;
  defaultBranch: string;
  url: string;
  /** RFC 3339; null when nothing was ever pushed. */
  pushedAt: string | null;
  canPush: boolean;
}

/** What somebody may do in a repository: `maintain` counts as `write`, `triage` as `read`. */
type RepositoryPermission = 'admin' | 'write' | 'read' | 'none';

export interface GitHubBranch {
  name: string;
  sha: string;
  protected: boolean;
}

/** One page of a list; `nextPage` is null on the last. */
export interface Page<T> {
  items: T[];
  nextPage: number | null;
}

/** A page of repositories, or word that it is still the one the caller's etag stands for. */
export type RepositoryPage =
  | ({ notModified: false; etag: string | null } & Page<GitHubRepository>)
  | { notModified: true };

export interface Repositories {
  getUser(): Promise<GitHubUser>;
  /** The address that the user has made their main one and has proved to be theirs; null when there is none. Needs `user:email`. */
  getVerifiedEmail(): Promise<string | null>;
  /** The user's repositories, last pushed first. `perPage` is at most 100. */
  listRepositories(options: { page: number; perPage: number; etag?: string }): Promise<RepositoryPage>;
  getRepository(repository: string): Promise<GitHubRepository>;
  /**
   * Makes a repository with a first commit, for the user or, where one is named, an organisation.
   *
   * @throws {GitHubError} `invalid` when the name is taken or no name, `notFound` when there is no such organisation
   */
  createRepository(
    organisation: string | null,
    details: { name: string; description: string; private: boolean },
  ): Promise<GitHubRepository>;
  /** What an account may do. Only those who may push may ask. */
  getPermission(repository: string, login: string): Promise<RepositoryPermission>;
  listBranches(repository: string, options: { page: number; perPage: number }): Promise<Page<GitHubBranch>>;
  getBranch(repository: string, branch: string): Promise<GitHubBranch>;
}

const userSchema = z
  .object({
    id: z.number(),
    login: z.string(),
    name: z.string().nullish(),
    email: z.string().nullish(),
    avatar_url: z.string(),
  })
  .transform(
    (user): GitHubUser => ({
      id: user.id,
      login: user.login,
      name: user.name ?? null,
      email: user.email ?? null,
      avatarUrl: user.avatar_url,
    }),
  );

const emailsSchema = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

const repositorySchema = z
  .object({
    id: z.number(),
    full_name: z.string(),
    name: z.string(),
    owner: z.object({ login: z.string() }),
    description: z.string().nullish(),
    private: z.boolean(),
    archived: z.boolean().default(false),
    default_branch: z.string(),
    html_url: z.string(),
    pushed_at: z.string().nullish(),
    permissions: z.object({ push: z.boolean().default(false) }).optional(),
  })
  .transform(
    (repository): GitHubRepository => ({
      id: repository.id,
      fullName: repository.full_name,
      owner: repository.owner.login,
      name: repository.name,
      description: repository.description ?? null,
      private: repository.private,
      archived: repository.archived,
      defaultBranch: repository.default_branch,
      url: repository.html_url,
      pushedAt: repository.pushed_at ?? null,
      canPush: repository.permissions?.push ?? false,
    }),
  );

const branchSchema = z
  .object({ name: z.string(), commit: z.object({ sha: z.string() }), protected: z.boolean().default(false) })
  .transform(
    (branch): GitHubBranch => ({
      name: branch.name,
      sha: branch.commit.sha,
      protected: branch.protected,
    }),
  );

export function createRepositories(send: Send): Repositories {
  return {
    async getUser() {
      return (await send.json('GET /user', userSchema)).data;
    },

    async getVerifiedEmail() {
      const { data } = await send.json('GET /user/emails', emailsSchema);
      return data.find(({ primary, verified }) => primary && verified)?.email ?? null;
    },

    async listRepositories({ page, perPage, etag }) {
      try {
        const answer = await send.json('GET /user/repos', z.array(repositorySchema), {
          sort: 'pushed',
          page,
          per_page: perPage,
          ...(etag === undefined ? {} : { headers: { 'if-none-match': etag } }),
        });
        const fresh = answer.headers.etag;
        return {
          notModified: false,
          items: answer.data,
          nextPage: nextPageOf(answer),
          etag: fresh === undefined ? null : String(fresh),
        };
      } catch (error) {
        if (error instanceof GitHubError && error.status === 304) return { notModified: true };
        throw error;
      }
    },

    async getRepository(repository) {
      return (await send.json('GET /repos/{owner}/{repo}', repositorySchema, partsOf(repository))).data;
    },

    async createRepository(organisation, details) {
      const body = { ...details, auto_init: true };
      const { data } =
        organisation === null
          ? await send.json('POST /user/repos', repositorySchema, body)
          : await send.json('POST /orgs/{org}/repos', repositorySchema, { org: organisation, ...body });
      return data;
    },

    async getPermission(repository, login) {
      const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission';
      const schema = z.object({ permission: z.enum(['admin', 'write', 'read', 'none']) });
      return (await send.json(route, schema, { ...partsOf(repository), username: login })).data.permission;
    },

    async listBranches(repository, { page, perPage }) {
      const answer = await send.json('GET /repos/{owner}/{repo}/branches', z.array(branchSchema), {
        ...partsOf(repository),
        page,
        per_page: perPage,
      });
      return { items: answer.data, nextPage: nextPageOf(answer) };
    },

    async getBranch(repository, branch) {
      const route = 'GET /repos/{owner}/{repo}/branches/{branch}';
      return (await send.json(route, branchSchema, { ...partsOf(repository), branch })).data;
    },
  };
}

/** The page after this one, from the `Link` header (RFC 8288), which GitHub leaves out or cuts on the last page. */
export function nextPageOf({ headers }: Answer<unknown>): number | null {
  const next = /<([^<>]+)>;\s*rel="next"/.exec(String(headers.link ?? ''))?.[1];
  const page = next && URL.canParse(next) ? Number(new URL(next).searchParams.get('page')) : Number.NaN;
  return Number.isInteger(page) && page > 0 ? page : null;
}
