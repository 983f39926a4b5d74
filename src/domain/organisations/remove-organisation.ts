import { deleteOrganisation } from '../../store/organisations.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getOrganisation } from './get-organisation.ts';

/**
 * Removes an organisation for good, with its members and invitations. Its log stays.
 *
 * @throws {AppError} notFound, organisationPersonal, or organisationInUse while it has agents that are not archived
 */
export async function removeOrganisation(
  context: Context,
  which: { userId: string; organisationId: string },
): Promise<void> {
  const { isPersonal } = await getOrganisation(context, which);
  if (isPersonal) throw new AppError('organisationPersonal', 'A personal organisation stays with its user.');
  if (await deleteOrganisation(context.db, which.organisationId)) return;
  throw new AppError('organisationInUse', 'The organisation has agents. Archive them first.');
}
