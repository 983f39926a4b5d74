import { z } from 'zod';
import { GitHubError } from './errors.ts';
import { partsOf, type Send } from './send.ts';

/** Git's modes of what a tree can hold: file, executable, symbolic link, submodule, folder. */
export type TreeMode = '100644' | '100755' | '120000' | '160000' | '040000';

export interface TreeItem {
  path: string;
  mode: TreeMode;
  type: 'blob' | 'tree' | 'commit';
  sha: string;
  /** Bytes; null for what is not a blob. */
  size: number | null;
}

/** A tree with everything below it. GitHub truncates past 100,000 entries or 7 MB. */
export interface Tree {
  sha: string;
  items: TreeItem[];
  truncated: boolean;
}

/** A change to a tree: text to put at a path, or null to take the path out. */
export interface TreeChange {
  path: string;
  mode: TreeMode;
  content: string | null;
}

interface Signature {
  name: string;
  email: string;
  /** RFC 3339. Git keeps whole seconds. */
  date: string;
}

interface GitCommit {
  sha: string;
  message: string;
  treeSha: string;
  parents: string[];
}

export interface GitData {
  /** @param treeish a commit, a tree or a branch */
  getTree(repository: string, treeish: string): Promise<Tree>;
  getBlob(repository: string, sha: string): Promise<Uint8Array<ArrayBuffer>>;
  /** @param input.baseTree what is changed; null for a tree of the changes alone */
  createTree(
    repository: string,
    input: { baseTree: string | null; changes: TreeChange[] },
  ): Promise<{ sha: string }>;
  getCommit(repository: string, sha: string): Promise<GitCommit>;
  createCommit(
    repository: string,
    input: { message: string; tree: string; parents: string[]; author: Signature; committer: Signature },
  ): Promise<{ sha: string }>;
  /** The commit a branch points at; null when there is no such branch. */
  getRef(repository: string, branch: string): Promise<string | null>;
  /** @throws {GitHubError} `invalid` when the branch exists already */
  createRef(repository: string, branch: string, sha: string): Promise<void>;
  /** Moves a branch forward. @throws {GitHubError} `invalid` when that is not a fast-forward or the branch is gone */
  updateRef(repository: string, branch: string, sha: string): Promise<void>;
}

const treeSchema = z
  .object({
    sha: z.string(),
    truncated: z.boolean(),
    tree: z.array(
      z.object({
        path: z.string(),
        mode: z.enum(['100644', '100755', '120000', '160000', '040000']),
        type: z.enum(['blob', 'tree', 'commit']),
        sha: z.string(),
        size: z.number().nullish(),
      }),
    ),
  })
  .transform(
    ({ sha, truncated, tree }): Tree => ({
      sha,
      truncated,
      items: tree.map((item) => ({ ...item, size: item.size ?? null })),
    }),
  );

const blobSchema = z.object({ content: z.string(), encoding: z.literal('base64') });
const shaSchema = z.object({ sha: z.string() });
const refSchema = z.object({ object: z.object({ sha: z.string() }) });

const commitSchema = z
  .object({
    sha: z.string(),
    message: z.string(),
    tree: z.object({ sha: z.string() }),
    parents: z.array(z.object({ sha: z.string() })),
  })
  .transform(
    ({ sha, message, tree, parents }): GitCommit => ({
      sha,
      message,
      treeSha: tree.sha,
      parents: parents.map((parent) => parent.sha),
    }),
  );

export function createGitData(send: Send): GitData {
  return {
    async getTree(repository, treeish) {
      const route = 'GET /repos/{owner}/{repo}/git/trees/{tree_sha}';
      const parameters = { ...partsOf(repository), tree_sha: treeish, recursive: '1' };
      return (await send.json(route, treeSchema, parameters)).data;
    },

    async getBlob(repository, sha) {
      const route = 'GET /repos/{owner}/{repo}/git/blobs/{file_sha}';
      const { data } = await send.json(route, blobSchema, { ...partsOf(repository), file_sha: sha });
      return bytesOf(data.content);
    },

    async createTree(repository, { baseTree, changes }) {
      const tree = changes.map(({ path, mode, content }) => ({
        path,
        mode,
        type: 'blob',
        ...(content === null ? { sha: null } : { content }),
      }));
      const parameters = {
        ...partsOf(repository),
        ...(baseTree === null ? {} : { base_tree: baseTree }),
        tree,
      };
      return (await send.json('POST /repos/{owner}/{repo}/git/trees', shaSchema, parameters)).data;
    },

    async getCommit(repository, sha) {
      const route = 'GET /repos/{owner}/{repo}/git/commits/{commit_sha}';
      return (await send.json(route, commitSchema, { ...partsOf(repository), commit_sha: sha })).data;
    },

    async createCommit(repository, input) {
      const parameters = { ...partsOf(repository), ...input };
      return (await send.json('POST /repos/{owner}/{repo}/git/commits', shaSchema, parameters)).data;
    },

    async getRef(repository, branch) {
      try {
        const route = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
        const parameters = { ...partsOf(repository), ref: `heads/${branch}` };
        return (await send.json(route, refSchema, parameters)).data.object.sha;
      } catch (error) {
        if (error instanceof GitHubError && error.code === 'notFound') return null;
        throw error;
      }
    },

    async createRef(repository, branch, sha) {
      const parameters = { ...partsOf(repository), ref: `refs/heads/${branch}`, sha };
      await send.json('POST /repos/{owner}/{repo}/git/refs', refSchema, parameters);
    },

    async updateRef(repository, branch, sha) {
      const parameters = { ...partsOf(repository), ref: `heads/${branch}`, sha, force: false };
      await send.json('PATCH /repos/{owner}/{repo}/git/refs/{ref}', refSchema, parameters);
    },
  };
}

/** GitHub breaks its base64 into lines, which `atob` skips as white space. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
