import { deleteInvitation } from '../../store/invitations.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/** @throws {AppError} notFound, also when the invitation has been accepted */
export async function revokeInvitation(
  { db }: Context,
  { organisationId, invitationId }: { organisationId: string; invitationId: string },
): Promise<void> {
  if (await deleteInvitation(db, organisationId, invitationId)) return;
  throw new AppError('notFound', 'There is no such invitation.');
}
