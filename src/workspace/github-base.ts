import type { GitHubClient } from '../github/client.ts';
import { GitHubError } from '../github/errors.ts';
import type { TreeItem } from '../github/git-data.ts';
import { readTarball } from './tarball.ts';
import { decodeText } from './text.ts';
import { type BaseFiles, type FileContent, MAX_FILE_BYTES, WorkspaceError } from './workspace.ts';

/** A search keeps every text file in memory, of which a Worker has 128 MB. */
const MAX_TREE_BYTES = 32 * 1024 * 1024;

/** What may stream by for a search, binary files included. */
const MAX_ARCHIVE_BYTES = 256 * 1024 * 1024;

/** So few missing files are fetched one by one; more come with the archive of the whole tree. */
const FEW_FILES = 4;

/** `.gitattributes` can keep files out of an archive or alter them. So many are fetched one by one, a few at a time. */
const MAX_LEFT_OUT = 500;
const PARALLEL_READS = 4;

/** Opens the files of a repository at any commit. Files read at one commit are known at the others. */
export interface GitHubBases {
  at(sha: string): BaseFiles;
}

/**
 * @param options.client acts as the user, and its signal bounds all loading. Failures are its `GitHubError`s and are
 *   not remembered: the next call asks again.
 */
export function createGitHubBases(options: { client: GitHubClient; repository: string }): GitHubBases {
  const { client, repository } = options;
  // Keyed by blob, so a file stays known when the base moves and the file did not change.
  const known = new Map<string, FileContent>();

  async function load(item: TreeItem): Promise<FileContent> {
    const content = unloadable(item) ?? known.get(item.sha);
    if (content) return content;
    const loaded = decodeText(await client.getBlob(repository, item.sha));
    known.set(item.sha, loaded);
    return loaded;
  }

  async function loadArchive(sha: string, missing: ReadonlyMap<string, TreeItem>): Promise<void> {
    const archive = await client.getTarball(repository, sha);
    try {
      const wanted = (path: string, size: number) => missing.get(path)?.size === size;
      for await (const { path, bytes } of readTarball(archive, wanted)) {
        const item = missing.get(path);
        if (item) known.set(item.sha, decodeText(bytes));
      }
    } catch (error) {
      throw new GitHubError(`The archive of ${repository} could not be read`, {
        status: 0,
        code: 'unavailable',
        cause: error,
      });
    }
  }

  async function loadEach(items: TreeItem[]): Promise<void> {
    if (items.length > MAX_LEFT_OUT) {
      throw tooLarge(
        `The archives of ${repository} leave out ${items.length} files, too many to fetch for a search`,
      );
    }
    const waiting = items.values();
    const reader = async () => {
      for (const item of waiting) await load(item);
    };
    await Promise.all(Array.from({ length: PARALLEL_READS }, reader));
  }

  function at(sha: string): BaseFiles {
    const items = remembered(async () => {
      const tree = await client.getTree(repository, sha);
      if (tree.truncated) {
        const message = `${repository} has more files than GitHub lists at once (100,000), so nobody can work on it here.`;
        throw new WorkspaceError('tooLarge', message);
      }
      return new Map(tree.items.filter((item) => item.type !== 'tree').map((item) => [item.path, item]));
    });

    const texts = remembered(async () => {
      const all = await items();
      checkSize(repository, [...all.values()]);
      const searched = [...all].filter(([, item]) => item.mode !== '120000' && !unloadable(item));
      const missing = () => searched.filter(([, item]) => !known.has(item.sha));
      if (missing().length > FEW_FILES) await loadArchive(sha, new Map(missing()));
      await loadEach(missing().map(([, item]) => item));
      const files = new Map<string, string>();
      for (const [path, item] of searched) {
        const content = known.get(item.sha);
        if (content?.kind === 'text') files.set(path, content.text);
      }
      return files;
    });

    return {
      async paths() {
        const files = [...(await items()).values()].filter((item) => item.type === 'blob');
        return files.map((item) => item.path).sort();
      },
      async mode(path) {
        return (await items()).get(path)?.mode ?? null;
      },
      async read(path) {
        const item = (await items()).get(path);
        return item ? load(item) : { kind: 'missing' };
      },
      all: texts,
    };
  }

  return { at };
}

/** What the tree alone tells not to fetch. */
function unloadable(item: TreeItem): FileContent | undefined {
  if (item.type !== 'blob') return { kind: 'unreadable', reason: 'submodule' };
  if ((item.size ?? 0) > MAX_FILE_BYTES) return { kind: 'unreadable', reason: 'tooLarge' };
  return undefined;
}

function checkSize(repository: string, items: TreeItem[]): void {
  const sum = (some: TreeItem[]) => some.reduce((bytes, item) => bytes + (item.size ?? 0), 0);
  const kept = sum(items.filter((item) => !unloadable(item)));
  if (kept > MAX_TREE_BYTES || sum(items) > MAX_ARCHIVE_BYTES) {
    const megabytes = Math.ceil(sum(items) / 1024 / 1024);
    throw tooLarge(`${repository} is too large to be searched as a whole (${megabytes} MB)`);
  }
}

function tooLarge(what: string): WorkspaceError {
  return new WorkspaceError('tooLarge', `${what}. Read single files by their paths instead.`);
}

/** Loads once for all who ask, and again after a failure. */
function remembered<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
