import { insertOrganisation, type Organisation } from '../../store/organisations.ts';
import type { Context } from '../context.ts';
import { getOrganisation } from './get-organisation.ts';

/** Makes an organisation; its maker is its first owner. */
export async function createOrganisation(
  context: Context,
  { userId, name }: { userId: string; name: string },
): Promise<Organisation> {
  const id = context.newId('org');
  await insertOrganisation(context.db, { id, name, userId });
  return getOrganisation(context, { userId, organisationId: id });
}
