import type { ApiClient } from '../../src/local/client/api.ts';
import { followRun } from '../../src/local/client/follow.ts';
import { createRunView, waitsForSomebody } from '../../src/local/terminal/run-view.ts';
import type { Style } from '../../src/local/terminal/style.ts';

const MAX_WIDTH = 100;

/** Shows a run as it goes, until it ends or waits for somebody. */
export async function showRun(
  api: ApiClient,
  runId: string,
  style: Style,
  signal: AbortSignal,
): Promise<void> {
  const view = createRunView({ style, width: Math.min(process.stdout.columns ?? MAX_WIDTH, MAX_WIDTH) });
  for await (const event of followRun(api, runId, { signal })) {
    process.stdout.write(view.show(event));
    if (waitsForSomebody(event)) break;
  }
}
