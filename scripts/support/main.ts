import { ApiError } from '../../src/local/client/api.ts';
import { LocalCloudError } from '../../src/local/cloud/local-cloud-error.ts';

const INTERRUPTED = 130;

/**
 * Runs a script to its end and exits. Ctrl-C aborts the signal, so that everything started is ended in order; pressed
 * again it exits at once.
 *
 * @param task gives the exit code
 */
export async function main(task: (stop: AbortSignal) => Promise<number>): Promise<never> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(INTERRUPTED);
      stopping.abort(new Error('interrupted'));
    });
  }
  try {
    const code = await task(stopping.signal);
    process.exit(code);
  } catch (error) {
    if (stopping.signal.aborted) {
      console.error('\nStopped.');
      process.exit(INTERRUPTED);
    }
    console.error(`\n${explain(error)}`);
    process.exit(1);
  }
}

/** What a person can act on, without a stack; defects with one. */
function explain(error: unknown): string {
  if (error instanceof LocalCloudError || error instanceof ApiError) return error.message;
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    return error.message;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
