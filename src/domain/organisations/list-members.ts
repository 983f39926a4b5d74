import { type Member, listMembers as readMembers } from '../../store/organisations.ts';
import type { Context } from '../context.ts';

/** The members of an organisation, in the order they joined. */
export function listMembers({ db }: Context, organisationId: string): Promise<Member[]> {
  return readMembers(db, organisationId);
}
