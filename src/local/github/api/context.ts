import type { Context, Hono } from 'hono';
import { type Core, findRepository } from '../core.ts';
import type { GitStore } from '../git/store.ts';
import type { RepositoryRecord, UserRecord } from '../types.ts';
import { notFound, requiresAuthentication } from './errors.ts';

/** Who asks: an account and what its token may do. */
export interface Viewer {
  user: UserRecord;
  scopes: string[];
}

export interface ApiEnv {
  Variables: {
    viewer: Viewer | undefined;
    /** Set below `/repos/:owner/:repo` when the viewer may see the repository. */
    repository: RepositoryRecord;
    store: GitStore;
  };
}

export type Api = Hono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;

/** The repository by that name if the viewer may see it; otherwise the 404 that a missing one gets. */
export function readable(
  core: Core,
  viewer: Viewer | undefined,
  owner: string,
  name: string,
): RepositoryRecord {
  const repository = findRepository(core, owner, name);
  if (!repository || !mayRead(core, viewer, repository)) throw notFound();
  return repository;
}

export function mayRead(core: Core, viewer: Viewer | undefined, repository: RepositoryRecord): boolean {
  if (!repository.private) return true;
  return viewer ? viewer.scopes.includes('repo') && isMember(core, viewer.user, repository) : false;
}

export function mayPush(core: Core, viewer: Viewer | undefined, repository: RepositoryRecord): boolean {
  if (!viewer || !isMember(core, viewer.user, repository)) return false;
  return viewer.scopes.includes('repo') || (!repository.private && viewer.scopes.includes('public_repo'));
}

/** Whether the repository belongs to the account or to an organisation it is a member of. */
export function isMember(core: Core, user: UserRecord, repository: RepositoryRecord): boolean {
  if (repository.owner === user.login) return true;
  const owner = core.state.data.users.find(({ login }) => login === repository.owner);
  return owner?.members.includes(user.login) ?? false;
}

export function requireViewer(c: ApiContext): Viewer {
  const { viewer } = c.var;
  if (!viewer) throw requiresAuthentication();
  return viewer;
}

/** For writes to the repository. GitHub answers 404 to those who can only read. */
export function requirePush(core: Core, c: ApiContext): Viewer {
  const viewer = requireViewer(c);
  if (!mayPush(core, viewer, c.var.repository)) throw notFound();
  return viewer;
}

/** For issues and comments, which everyone who can read may write with a token that covers the repository. */
export function requireParticipant(c: ApiContext): Viewer {
  const viewer = requireViewer(c);
  const scope = c.var.repository.private ? ['repo'] : ['repo', 'public_repo'];
  if (!scope.some((name) => viewer.scopes.includes(name))) throw notFound();
  return viewer;
}
