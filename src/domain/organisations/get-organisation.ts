import { findOrganisation, type Organisation } from '../../store/organisations.ts';
import type { Context } from '../context.ts';
import { unknownOrganisation } from './unknown-organisation.ts';

/** @throws {AppError} notFound, also for one that the user is no member of */
export async function getOrganisation(
  { db }: Context,
  which: { userId: string; organisationId: string },
): Promise<Organisation> {
  const organisation = await findOrganisation(db, which);
  if (organisation === null) throw unknownOrganisation();
  return organisation;
}
