import type { Problem } from '../../dag/check.ts';
import type { DagDefinition } from '../../dag/definition.ts';
import { type CheckedDag, findProblems } from '../../engine/dag/find-problems.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/**
 * Looks at a definition as a whole, and whether the tools and agents that it names exist.
 *
 * @param under where the definition stands in it, such as `body`
 * @throws {AppError} validationFailed
 */
export async function checkDefinition(
  context: Context,
  organisationId: string,
  dag: DagDefinition,
  under: string,
): Promise<CheckedDag> {
  const { problems, ...checked } = await findProblems(context.db, organisationId, dag);
  refuse(problems, under);
  return checked;
}

const MOST_TOLD = 50;

/** @throws {AppError} validationFailed, where there are any */
export function refuse(problems: readonly Problem[], under: string): void {
  if (problems.length === 0) return;
  const errors = problems
    .slice(0, MOST_TOLD)
    .map(({ field, message }) => ({ field: `${under}.${field}`, message }));
  const fields = errors.slice(0, 10).map(({ field }) => field);
  throw new AppError('validationFailed', `Not valid: ${fields.join(', ')}.`, { errors });
}
