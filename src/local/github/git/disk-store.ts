import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import git from 'isomorphic-git';
import { type FileSystem, withAtomicWrites } from '../file-system.ts';
import { parseCommit, parseTree, renderCommit, renderTree } from './format.ts';
import { createObjectCache } from './object-cache.ts';
import { isRefName } from './resolve.ts';
import type { Commit, GitObject, GitStore } from './store.ts';

const oidPattern = /^[0-9a-f]{40}$/;

/**
 * A store over a bare repository in a file system, read and written by isomorphic-git: loose objects, packs and
 * packed refs of repositories that `git` made are readable, and `git` reads what it writes.
 */
export function createDiskStore(fs: FileSystem, gitdir: string): GitStore {
  const at = { fs: withAtomicWrites(fs, gitdir), gitdir, cache: {} };
  // Commits never change, and walking history reads the same ones again and again.
  const commits = new Map<string, Commit>();
  const objects = createObjectCache();

  const read = async (oid: string): Promise<GitObject | undefined> => {
    if (!oidPattern.test(oid)) return undefined;
    const known = objects.get(oid);
    if (known) return known;
    try {
      const found = await git.readObject({ ...at, oid, format: 'content' });
      if (found.format !== 'content') return undefined;
      const { type } = found;
      if (type !== 'blob' && type !== 'tree' && type !== 'commit' && type !== 'tag') return undefined;
      return objects.keep(oid, { type, content: found.object });
    } catch (error) {
      if (error instanceof git.Errors.NotFoundError) return undefined;
      throw error;
    }
  };

  // Hashed and packed here: isomorphic-git does it in JavaScript, or in another thread.
  const write = async (type: GitObject['type'], content: Uint8Array): Promise<string> => {
    const wrapped = Buffer.concat([Buffer.from(`${type} ${content.byteLength}\0`), content]);
    const oid = createHash('sha1').update(wrapped).digest('hex');
    await git.writeObject({ ...at, oid, object: deflateSync(wrapped), format: 'deflated' });
    objects.keep(oid, { type, content });
    return oid;
  };

  const resolveRef = async (ref: string): Promise<string | undefined> => {
    // Names come from requests, and become paths.
    if (!isRefName(ref)) return undefined;
    try {
      return await git.resolveRef({ ...at, ref });
    } catch (error) {
      if (error instanceof git.Errors.NotFoundError) return undefined;
      throw error;
    }
  };

  return {
    read,
    resolveRef,
    async readCommit(oid) {
      const known = commits.get(oid);
      if (known) return known;
      const found = await read(oid);
      if (found?.type !== 'commit') return undefined;
      const commit = parseCommit(oid, found.content);
      commits.set(oid, commit);
      return commit;
    },
    async readTree(oid) {
      const found = await read(oid);
      return found?.type === 'tree' ? parseTree(found.content) : undefined;
    },
    writeBlob: (content) => write('blob', content),
    writeTree: (entries) => write('tree', renderTree(entries)),
    writeCommit: (commit) => write('commit', Buffer.from(renderCommit(commit))),
    async expand(abbreviation) {
      if (!/^[0-9a-f]{4,40}$/.test(abbreviation)) return undefined;
      if (abbreviation.length === 40) return abbreviation;
      try {
        return await git.expandOid({ ...at, oid: abbreviation });
      } catch {
        return undefined;
      }
    },
    async listRefs(prefix) {
      const folder = prefix.slice(0, prefix.lastIndexOf('/'));
      const names = await git.listRefs({ ...at, filepath: folder });
      const refs = await Promise.all(
        names
          .map((name) => `${folder}/${name}`)
          .filter((ref) => ref.startsWith(prefix))
          .map(async (ref) => ({ ref, oid: await resolveRef(ref) })),
      );
      return refs
        .flatMap(({ ref, oid }) => (oid === undefined ? [] : [{ ref, oid }]))
        .sort((a, b) => (a.ref < b.ref ? -1 : 1));
    },
    async writeRef(ref, oid) {
      await git.writeRef({ ...at, ref, value: oid, force: true });
    },
    async deleteRef(ref) {
      await git.deleteRef({ ...at, ref });
      await removeEmptyFolders(fs, gitdir, ref);
    },
  };
}

/** Deleting `a/b` leaves the folder `a`, in whose way a later ref named `a` would be. */
async function removeEmptyFolders(fs: FileSystem, gitdir: string, ref: string): Promise<void> {
  const folders = ref.split('/').slice(0, -1);
  for (let depth = folders.length; depth > 2; depth -= 1) {
    try {
      await fs.promises.rmdir(`${gitdir}/${folders.slice(0, depth).join('/')}`);
    } catch {
      return;
    }
  }
}
