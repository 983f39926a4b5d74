import { readFileSync, rmSync } from 'node:fs';
import { link, readFile, rm, writeFile } from 'node:fs/promises';

export type LockAttempt = { held: true; release(): void } | { held: false; owner: number };

/**
 * Tries to hold a lock among processes: a file with the process's id. It appears whole, so there is no moment in which it
 * belongs to nobody, and one whose process is gone is taken over.
 *
 * @throws Error when the folder is not there or not writable
 */
export async function tryLock(path: string): Promise<LockAttempt> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, String(process.pid));
  try {
    for (;;) {
      const taken = await link(draft, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false;
          throw error;
        },
      );
      if (taken) return { held: true, release: () => release(path) };
      const owner = Number(await readFile(path, 'utf8').catch(() => ''));
      if (isAlive(owner)) return { held: false, owner };
      await rm(path, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
}

function release(path: string): void {
  try {
    if (readFileSync(path, 'utf8') === String(process.pid)) rmSync(path, { force: true });
  } catch {
    // It went with its folder.
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
