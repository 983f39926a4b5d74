import { base64url } from 'jose';
import { hashOf } from '../../crypto/hash.ts';
import { type Invitation, insertInvitation } from '../../store/invitations.ts';
import type { Role } from '../../store/roles.ts';
import { type Actor, mayDo } from '../actor.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getOrganisation } from './get-organisation.ts';
import { managedElsewhere } from './managed-elsewhere.ts';

const SECRET_BYTES = 32;

/**
 * Invites somebody into an organisation. The token is given once, to be handed to them.
 *
 * @throws {AppError} organisationPersonal, organisationManaged, or permissionMissing when somebody else than an owner invites an owner
 */
export async function invite(
  context: Context,
  { actor, role, login }: { actor: Actor; role: Role; login: string | null },
): Promise<Invitation & { token: string }> {
  const { organisationId, userId } = actor;
  if (role === 'owner' && !mayDo(actor, 'own')) {
    throw new AppError('permissionMissing', 'Owners are invited by owners.');
  }
  const { isPersonal, issuer } = await getOrganisation(context, { organisationId, userId });
  if (isPersonal) throw new AppError('organisationPersonal', 'Nobody else can join a personal organisation.');
  if (issuer !== null) throw managedElsewhere();
  const token = `inv_${base64url.encode(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))}`;
  const invitation = await insertInvitation(context.db, {
    id: context.newId('invitation'),
    organisationId,
    tokenHash: await hashOf(token),
    login,
    role,
    invitedBy: userId,
  });
  return { ...invitation, token };
}
