import type { promises } from 'node:fs';

/**
 * The part of `node:fs` that the stand-in and isomorphic-git use. `node:fs` fits; a simulation may
 * pass a memory file system, and then everything but `fromGit` and cloning over HTTP works without a disk.
 */
export interface FileSystem {
  promises: Pick<
    typeof promises,
    | 'readFile'
    | 'writeFile'
    | 'unlink'
    | 'readdir'
    | 'mkdir'
    | 'rmdir'
    | 'stat'
    | 'lstat'
    | 'readlink'
    | 'symlink'
    | 'rename'
  >;
}

let sequence = 0;

/**
 * A file system whose `writeFile` replaces files in one step, so that neither a crash nor a `git` process
 * that reads meanwhile sees half a ref or half an object.
 *
 * @param scratch an existing directory on the same volume, for the files not yet in place
 */
export function withAtomicWrites(fs: FileSystem, scratch: string): FileSystem {
  const writeFile: FileSystem['promises']['writeFile'] = async (file, data, options) => {
    if (typeof file !== 'string') throw new TypeError('only paths can be written atomically');
    sequence += 1;
    const draft = `${scratch}/draft-${process.pid}-${sequence}`;
    await fs.promises.writeFile(draft, data, options);
    await fs.promises.rename(draft, file).catch(async (error: unknown) => {
      await fs.promises.unlink(draft);
      throw error;
    });
  };
  const { readFile, unlink, readdir, mkdir, rmdir, stat, lstat, readlink, symlink, rename } = fs.promises;
  return {
    promises: {
      readFile,
      writeFile,
      unlink,
      readdir,
      mkdir,
      rmdir,
      stat,
      lstat,
      readlink,
      symlink,
      rename,
    },
  };
}
