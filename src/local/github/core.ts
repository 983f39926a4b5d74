import type { FileSystem } from './file-system.ts';
import { createDiskStore } from './git/disk-store.ts';
import type { GitStore } from './git/store.ts';
import type { StateFile } from './state-file.ts';
import type { RepositoryRecord, UserRecord } from './types.ts';
import type { WebhookSender } from './webhooks.ts';

/** What every route works with. */
export interface Core {
  /** Where the web part lives, without a trailing slash; the API is at `/api/v3` below it. */
  url: string;
  apiUrl: string;
  /** The directory with `state.json` and `repositories/<owner>/<name>.git`. */
  root: string;
  fs: FileSystem;
  clientId: string;
  clientSecret: string;
  /** The callback registered with the OAuth app; undefined accepts any. */
  callbackUrl: string | undefined;
  /** Whether users' tokens expire and are refreshed, as a GitHub App's do. */
  expiringTokens: boolean;
  nowMs(): number;
  state: StateFile;
  webhooks: WebhookSender;
  /** One task at a time per key. Whatever reads a ref in order to move it holds the key of its repository. */
  lock<T>(key: string, task: () => Promise<T>): Promise<T>;
  storeOf(repository: RepositoryRecord): GitStore;
}

/** Now, in GitHub's notation. */
export function timestamp(core: Core): string {
  return toTimestamp(core.nowMs());
}

/** Milliseconds since 1970 in GitHub's notation: UTC with whole seconds. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

export function takeId(core: Core): number {
  const id = core.state.data.nextId;
  core.state.data.nextId += 1;
  return id;
}

export function findUser(core: Core, login: string): UserRecord | undefined {
  return core.state.data.users.find((user) => user.login.toLowerCase() === login.toLowerCase());
}

/** The account behind a stored login. Accounts are never removed, so an unknown one is a defect. */
export function userOf(core: Core, login: string): UserRecord {
  const user = findUser(core, login);
  if (!user) throw new Error(`no account ${login}`);
  return user;
}

export function findRepository(core: Core, owner: string, name: string): RepositoryRecord | undefined {
  return core.state.data.repositories.find(
    (repository) =>
      repository.owner.toLowerCase() === owner.toLowerCase() &&
      repository.name.toLowerCase() === name.toLowerCase(),
  );
}

export function fullName(repository: RepositoryRecord): string {
  return `${repository.owner}/${repository.name}`;
}

export function gitdirOf(root: string, owner: string, name: string): string {
  return `${root}/repositories/${owner}/${name}.git`;
}

/** One store per repository, so that what it caches is cached once. */
export function createStores(fs: FileSystem, root: string): (repository: RepositoryRecord) => GitStore {
  const stores = new Map<number, GitStore>();
  return (repository) => {
    const known = stores.get(repository.id);
    if (known) return known;
    const store = createDiskStore(fs, gitdirOf(root, repository.owner, repository.name));
    stores.set(repository.id, store);
    return store;
  };
}
