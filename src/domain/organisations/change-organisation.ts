import { type Organisation, renameOrganisation as rename } from '../../store/organisations.ts';
import type { Context } from '../context.ts';
import { getOrganisation } from './get-organisation.ts';

/** @throws {AppError} notFound */
export async function renameOrganisation(
  context: Context,
  { name, ...which }: { userId: string; organisationId: string; name: string },
): Promise<Organisation> {
  await rename(context.db, which.organisationId, name);
  return getOrganisation(context, which);
}
