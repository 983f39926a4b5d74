import { hashOf } from '../../crypto/hash.ts';
import { acceptInvitation as accept } from '../../store/invitations.ts';
import type { Organisation } from '../../store/organisations.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getOrganisation } from './get-organisation.ts';

/**
 * Joins an organisation by the token of an invitation.
 *
 * @throws {AppError} notFound when the token was used by somebody else, expired, was revoked, or is for somebody else, or the user was a member already
 */
export async function acceptInvitation(
  context: Context,
  { userId, token }: { userId: string; token: string },
): Promise<Organisation> {
  const organisationId = await accept(context.db, { userId, tokenHash: await hashOf(token) });
  if (organisationId === null) {
    throw new AppError('notFound', 'There is no invitation of this token for you any more.');
  }
  return getOrganisation(context, { userId, organisationId });
}
