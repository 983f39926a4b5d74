import { tryLock } from '../lock-file.ts';
import { LocalCloudError } from './local-cloud-error.ts';

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
