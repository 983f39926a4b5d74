import type { FileSystem } from '../../src/local/github/file-system.ts';

/** A folder has no content. */
interface Entry {
  content: Uint8Array | null;
  changedAtMs: number;
}

/** Without a stack trace, which takes longer than all that is done with the error: Git asks for many files that are not there. */
function fileError(code: string, path: string): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = Object.assign(new Error(`${code}: ${path}`), { code });
  Error.stackTraceLimit = limit;
  return error;
}

/**
 * As much of a file system as the local GitHub needs, in memory: Git objects on a disk are what a simulated run would
 * otherwise wait for most. Links and permissions are not modelled.
 */
export function createMemoryFs(): FileSystem {
  const entries = new Map<string, Entry>([['', folder()]]);
  const children = new Map<string, Set<string>>([['', new Set()]]);

  const find = (path: string): Entry => {
    const entry = entries.get(path);
    if (!entry) throw fileError('ENOENT', path);
    return entry;
  };
  const put = (path: string, entry: Entry) => {
    const siblings = children.get(parentOf(path));
    if (!siblings) throw fileError('ENOENT', path);
    entries.set(path, entry);
    siblings.add(nameOf(path));
    if (entry.content === null) children.set(path, new Set());
  };
  const drop = (path: string) => {
    entries.delete(path);
    children.delete(path);
    children.get(parentOf(path))?.delete(nameOf(path));
  };
  const stat = async (given: string) => {
    const { content, changedAtMs } = find(normal(given));
    return {
      isFile: () => content !== null,
      isDirectory: () => content === null,
      isSymbolicLink: () => false,
      mode: content === null ? 0o040755 : 0o100644,
      size: content?.byteLength ?? 0,
      mtimeMs: changedAtMs,
      ctimeMs: changedAtMs,
      dev: 1,
      ino: 1,
      uid: 1,
      gid: 1,
    };
  };

  const promises = {
    async readFile(given: string, options?: string | { encoding?: string }) {
      const { content } = find(normal(given));
      if (content === null) throw fileError('EISDIR', given);
      const encoding = typeof options === 'string' ? options : options?.encoding;
      return encoding ? Buffer.from(content).toString('utf8') : Buffer.from(content);
    },
    async writeFile(given: string, data: string | Uint8Array) {
      put(normal(given), { content: Buffer.from(data), changedAtMs: Date.now() });
    },
    async unlink(given: string) {
      find(normal(given));
      drop(normal(given));
    },
    async readdir(given: string) {
      const path = normal(given);
      if (find(path).content !== null) throw fileError('ENOTDIR', given);
      return [...(children.get(path) ?? [])].sort();
    },
    async mkdir(given: string, options?: { recursive?: boolean }) {
      const path = normal(given);
      if (options?.recursive) {
        const parts = path.split('/').slice(1);
        for (let depth = 1; depth <= parts.length; depth++) {
          const ancestor = `/${parts.slice(0, depth).join('/')}`;
          if (!entries.has(ancestor)) put(ancestor, folder());
        }
        return;
      }
      if (entries.has(path)) throw fileError('EEXIST', given);
      put(path, folder());
    },
    async rmdir(given: string) {
      const path = normal(given);
      find(path);
      if (children.get(path)?.size) throw fileError('ENOTEMPTY', given);
      drop(path);
    },
    stat,
    lstat: stat,
    async readlink(given: string) {
      throw fileError('EINVAL', given);
    },
    async symlink(_target: string, given: string) {
      throw fileError('EPERM', given);
    },
    async rename(from: string, to: string) {
      const entry = find(normal(from));
      if (entry.content === null) throw fileError('EPERM', from);
      put(normal(to), entry);
      drop(normal(from));
    },
  };
  // node's own types have an overload for every form of a call; the stand-in uses the ones above.
  return { promises: promises as unknown as FileSystem['promises'] };
}

const folder = (): Entry => ({ content: null, changedAtMs: 0 });
const normal = (path: string) =>
  /\/\/|\/\.\/|\/\.?$/.test(path) ? path.replace(/\/(?:\.?\/)+/g, '/').replace(/\/\.?$/, '') : path;
const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/'));
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
