import { readOutputs } from '../../store/outputs.ts';
import { zipOf } from '../../zip.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getRun } from '../runs/get-run.ts';

type Which = { organisationId: string; runId: string };

/**
 * What is in an output.
 *
 * @throws {AppError} notFound
 */
export async function readOutput(
  context: Context,
  { name, ...run }: Which & { name: string },
): Promise<string> {
  const { id } = await getRun(context, run);
  const [output] = await readOutputs(context.db, { runId: id, name });
  if (output === undefined) throw new AppError('notFound', 'The run has no such output.');
  return output.content;
}

/**
 * All outputs of a run as a zip; the same outputs make the same bytes.
 *
 * @throws {AppError} notFound
 */
export async function zipOutputs(context: Context, run: Which): Promise<Uint8Array<ArrayBuffer>> {
  const { id } = await getRun(context, run);
  const outputs = await readOutputs(context.db, { runId: id });
  return zipOf(outputs.map(({ name, content }) => ({ path: name, content })));
}
