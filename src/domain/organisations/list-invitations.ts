import { type Invitation, listInvitations as readInvitations } from '../../store/invitations.ts';
import type { Context } from '../context.ts';

/** The invitations of an organisation that can still be accepted, newest first. */
export function listInvitations({ db }: Context, organisationId: string): Promise<Invitation[]> {
  return readInvitations(db, organisationId);
}
