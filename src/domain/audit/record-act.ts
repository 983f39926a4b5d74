import { type Act, appendAudit } from '../../store/audit.ts';
import { type Actor, nameOf } from '../actor.ts';
import type { Context } from '../context.ts';

/** Puts down in an organisation's log what somebody did. */
export async function recordAct(
  { db }: Context,
  { userId, organisationId, credential }: Actor,
  act: Omit<Act, 'organisationId' | 'userId' | 'credential'>,
): Promise<void> {
  await appendAudit(db, {
    ...act,
    organisationId,
    userId,
    credential: nameOf(credential),
  });
}
