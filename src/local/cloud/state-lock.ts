import { readFileSync, rmSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';

/** Something the person at the terminal can act on; shown without a stack. */
export class LocalCloudError extends Error {
  override readonly name = 'LocalCloudError';
}

/**
 * Takes a state directory for this process: two databases on the same files would destroy them. The lock of a process that
 * is gone is taken over.
 *
 * @returns how to give it back
 * @throws {LocalCloudError} when another process has it
 */
export async function lockState(path: string): Promise<() => void> {
  for (;;) {
    try {
      const handle = await open(path, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => release(path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (isAlive(owner)) {
      throw new LocalCloudError(
        `A local cloud is already running on this state (process ${owner}). Stop it with Ctrl-C, or give this one a state of its own with --state DIR and --port PORT.`,
      );
    }
    rmSync(path, { force: true });
  }
}

function release(path: string): void {
  // Removed with its folder when the state was wiped meanwhile.
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
