import { execFile } from 'node:child_process';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import git from 'isomorphic-git';
import { type Core, findRepository, findUser, gitdirOf, takeId, timestamp, userOf } from './core.ts';
import { editTree, type TreeChange } from './git/tree.ts';
import { signatureOf } from './merging.ts';
import type { RepositoryRecord, UserRecord } from './types.ts';

const run = promisify(execFile);

export interface NewRepository {
  owner: string;
  name: string;
  private?: boolean;
  description?: string | null;
  /** A plain directory whose files (without `.git` and `node_modules`) become the first commit. */
  fromDirectory?: string;
  /** Any local Git repository, copied with its branches and tags. Needs the `git` program and a real disk. */
  fromGit?: string;
}

interface FirstFile {
  path: string;
  content: Uint8Array;
  mode: string;
}

/**
 * Adds a repository with what it starts from. One that is there already is returned as it is, so that a restarted
 * local cloud may add its samples again.
 *
 * @throws Error when the owner does not exist or the source cannot be read
 */
export async function addRepository(core: Core, wanted: NewRepository): Promise<RepositoryRecord> {
  return core.lock('repositories', async () => {
    const existing = findRepository(core, wanted.owner, wanted.name);
    if (existing) return existing;
    const owner = findUser(core, wanted.owner);
    if (!owner) throw new Error(`no account ${wanted.owner}`);
    const details = {
      owner: owner.login,
      name: wanted.name,
      private: wanted.private ?? false,
      description: wanted.description ?? null,
      author: owner,
    };
    if (wanted.fromGit !== undefined) return copyRepository(core, details, wanted.fromGit);
    const files = wanted.fromDirectory === undefined ? [] : await readDirectory(wanted.fromDirectory, '');
    return createRepository(core, { ...details, files });
  });
}

interface Details {
  owner: string;
  name: string;
  private: boolean;
  description: string | null;
  author: UserRecord;
}

/** Makes an empty bare repository, or one with a first commit of the given files on `main`. */
export async function createRepository(
  core: Core,
  { files, ...details }: Details & { files: FirstFile[] },
): Promise<RepositoryRecord> {
  const gitdir = gitdirOf(core.root, details.owner, details.name);
  await core.fs.promises.mkdir(gitdir, { recursive: true });
  await git.init({ fs: core.fs, gitdir, bare: true, defaultBranch: 'main' });
  const repository = record(core, details, 'main');
  if (files.length > 0) {
    const store = core.storeOf(repository);
    const changes: TreeChange[] = [];
    for (const { path, content, mode } of files) {
      changes.push({ path, entry: { mode, oid: await store.writeBlob(content) } });
    }
    const signature = signatureOf(details.author, core.nowMs());
    const commit = await store.writeCommit({
      tree: await editTree(store, undefined, changes),
      parents: [],
      author: signature,
      committer: signature,
      message: 'Initial commit',
    });
    await store.writeRef('refs/heads/main', commit);
  }
  core.state.data.repositories.push(repository);
  await core.state.save();
  return repository;
}

async function copyRepository(core: Core, details: Details, source: string): Promise<RepositoryRecord> {
  const gitdir = gitdirOf(core.root, details.owner, details.name);
  await run('git', ['clone', '--quiet', '--bare', '--no-hardlinks', source, gitdir]);
  const head = await core.fs.promises.readFile(`${gitdir}/HEAD`, 'utf8');
  const repository = record(core, details, head.trim().replace(/^ref: refs\/heads\//, ''));
  core.state.data.repositories.push(repository);
  await core.state.save();
  return repository;
}

function record(core: Core, details: Details, defaultBranch: string): RepositoryRecord {
  const { owner, name, description } = details;
  const now = timestamp(core);
  return {
    id: takeId(core),
    owner: userOf(core, owner).login,
    name,
    description,
    private: details.private,
    defaultBranch,
    createdAt: now,
    updatedAt: now,
    pushedAt: now,
    nextNumber: 1,
    labels: [],
    issues: [],
    hooks: [],
  };
}

const leftOut = new Set(['.git', 'node_modules']);

async function readDirectory(root: string, prefix: string): Promise<FirstFile[]> {
  const names = (await readdir(`${root}/${prefix}`)).filter((name) => !leftOut.has(name)).sort();
  const files: FirstFile[] = [];
  for (const name of names) {
    const path = `${prefix}${name}`;
    const stats = await lstat(`${root}/${path}`);
    if (stats.isDirectory()) files.push(...(await readDirectory(root, `${path}/`)));
    else if (stats.isSymbolicLink()) {
      files.push({ path, mode: '120000', content: Buffer.from(await readlink(`${root}/${path}`)) });
    } else {
      const mode = (stats.mode & 0o111) === 0 ? '100644' : '100755';
      files.push({ path, mode, content: await readFile(`${root}/${path}`) });
    }
  }
  return files;
}
