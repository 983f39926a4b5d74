import { readFileSync, rmSync } from 'node:fs';
import { link, readFile, rm, writeFile } from 'node:fs/promises';

export type LockAttempt = { held: true; release: () => void } | { held: false; owner: number };

/**
 * Takes a lock file for this process, or tells who has it. The lock of a process that is gone is taken over. The file
 * appears together with its owner's id: a process killed at any moment leaves no lock that nobody owns.
 */
export async function tryLock(path: string): Promise<LockAttempt> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, String(process.pid));
  try {
    for (;;) {
      try {
        await link(draft, path);
        return { held: true, release: () => release(path) };
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      const owner = Number(await readFile(path, 'utf8').catch(() => ''));
      if (isAlive(owner)) return { held: false, owner };
      await rm(path, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
}

function release(path: string): void {
  // Gone with its folder when the state was wiped meanwhile; another's when this process was taken for dead.
  try {
    if (readFileSync(path, 'utf8') === String(process.pid)) rmSync(path, { force: true });
  } catch {}
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
