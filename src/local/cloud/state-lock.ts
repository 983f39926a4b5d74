import { tryLock } from '../lock-file.ts';

/** Something the person at the terminal can act on; shown without a stack. */
export class LocalCloudError extends Error {
  override readonly name = 'LocalCloudError';
}

/**
 * Takes a state directory for this process: two databases on the same files would destroy them.
 *
 * @returns how to give it back
 * @throws {LocalCloudError} when another process has it
 */
export async function lockState(path: string): Promise<() => void> {
  const attempt = await tryLock(path);
  if (attempt.held) return attempt.release;
  throw new LocalCloudError(
    `A local cloud is already running on this state (process ${attempt.owner}). Stop it with Ctrl-C, or give this one a state of its own with --state DIR and --port PORT.`,
  );
}
