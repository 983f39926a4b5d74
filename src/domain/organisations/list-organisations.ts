import { type Organisation, listOrganisations as readOrganisations } from '../../store/organisations.ts';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';

/** All that a user is a member of, their personal one first. */
export function listOrganisations({ db }: Context, { userId, credential }: Actor): Promise<Organisation[]> {
  return readOrganisations(db, {
    userId,
    issuer: credential.kind === 'issuer' ? credential.issuer : null,
  });
}
