import { admit } from '../../engine/dispatch.ts';
import {
  changeOrganisation as change,
  type Organisation,
  type OrganisationChanges,
} from '../../store/organisations.ts';
import type { Context } from '../context.ts';
import { invalidField } from '../errors.ts';
import { getOrganisation } from './get-organisation.ts';

/**
 * Gives an organisation another name, or another number of runs that may be at work at once. Runs that were held back and have room now begin.
 *
 * @throws {AppError} notFound, or validationFailed for more runs than the deployment lets any organisation have
 */
export async function changeOrganisation(
  context: Context,
  { userId, organisationId, ...changes }: OrganisationChanges & { userId: string; organisationId: string },
): Promise<Organisation> {
  const { concurrentRuns: most } = context.engine.settings;
  if ((changes.concurrentRuns ?? 0) > most) {
    throw invalidField(
      'body.concurrentRuns',
      `Expected at most ${most}, which is what this deployment lets an organisation have.`,
    );
  }
  await admit(context.engine, await change(context.db, organisationId, changes, most));
  return getOrganisation(context, { userId, organisationId });
}
