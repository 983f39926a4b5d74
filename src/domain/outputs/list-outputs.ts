import { type Output, listOutputs as readAll } from '../../store/outputs.ts';
import type { Context } from '../context.ts';
import { getRun } from '../runs/get-run.ts';

/**
 * What a run has handed over so far, by name.
 *
 * @throws {AppError} notFound
 */
export async function listOutputs(
  context: Context,
  run: { organisationId: string; runId: string },
): Promise<Output[]> {
  const { id } = await getRun(context, run);
  return readAll(context.db, id);
}
