import type { StoredEvent } from '../../events/types.ts';
import type { Listed } from '../../store/bounded-page.ts';
import { readRunEvents } from '../../store/run-events.ts';
import type { Context } from '../context.ts';
import { getRun, unknownRun } from './get-run.ts';

/**
 * What has happened in a run so far, behind an event.
 *
 * @throws {AppError} notFound
 */
export async function listRunEvents(
  context: Context,
  { organisationId, runId, after }: { organisationId: string; runId: string; after: number },
): Promise<Listed<StoredEvent, number>> {
  await getRun(context, { organisationId, runId });
  const page = await readRunEvents(context.db, runId, after);
  if (page === null) throw unknownRun();
  const items = page.events.map(({ runId: _, ...event }) => event);
  return { items, next: page.more ? (items.at(-1)?.seq ?? null) : null };
}
