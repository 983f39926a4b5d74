import { mayPush, type Viewer } from '../api/context.ts';
import { type Core, fullName, userOf } from '../core.ts';
import type { RepositoryRecord, UserRecord } from '../types.ts';

/** The short form of an account that other objects embed. */
export function renderUser(core: Core, user: UserRecord) {
  const api = `${core.apiUrl}/users/${user.login}`;
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId(user.type, user.id),
    avatar_url: `${core.url}/avatars/${user.login}`,
    gravatar_id: '',
    url: api,
    html_url: `${core.url}/${user.login}`,
    repos_url: `${api}/repos`,
    type: user.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

/** The long form of `/users/:login` and `/user`. */
export function renderProfile(core: Core, user: UserRecord) {
  const owned = core.state.data.repositories.filter((repository) => repository.owner === user.login);
  return {
    ...renderUser(core, user),
    name: user.name,
    company: null,
    blog: '',
    location: null,
    email: user.email,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: owned.filter((repository) => !repository.private).length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: user.createdAt,
    updated_at: user.createdAt,
  };
}

/** A repository; `permissions` only where a viewer is known. */
export function renderRepository(core: Core, repository: RepositoryRecord, viewer?: Viewer) {
  const api = `${core.apiUrl}/repos/${fullName(repository)}`;
  const html = `${core.url}/${fullName(repository)}`;
  const push = mayPush(core, viewer, repository);
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
    visibility: repository.private ? 'private' : 'public',
    owner: renderUser(core, userOf(core, repository.owner)),
    html_url: html,
    description: repository.description,
    fork: false,
    url: api,
    archive_url: `${api}/{archive_format}{/ref}`,
    branches_url: `${api}/branches{/branch}`,
    commits_url: `${api}/commits{/sha}`,
    compare_url: `${api}/compare/{base}...{head}`,
    contents_url: `${api}/contents/{+path}`,
    hooks_url: `${api}/hooks`,
    issues_url: `${api}/issues{/number}`,
    pulls_url: `${api}/pulls{/number}`,
    git_url: `${html}.git`,
    clone_url: `${html}.git`,
    ssh_url: `git@github.local:${fullName(repository)}.git`,
    homepage: null,
    language: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    forks_count: 0,
    open_issues_count: repository.issues.filter((issue) => issue.state === 'open').length,
    default_branch: repository.defaultBranch,
    topics: [],
    has_issues: true,
    archived: false,
    disabled: false,
    allow_merge_commit: true,
    allow_squash_merge: true,
    allow_rebase_merge: true,
    delete_branch_on_merge: false,
    created_at: repository.createdAt,
    updated_at: repository.updatedAt,
    pushed_at: repository.pushedAt,
    ...(viewer ? { permissions: { admin: push, maintain: push, push, triage: push, pull: true } } : {}),
  };
}

/** GitHub's opaque GraphQL id; here only unique. */
export function nodeId(type: string, id: number | string): string {
  return Buffer.from(`${type}:${id}`).toString('base64');
}
