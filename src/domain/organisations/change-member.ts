import { changeMembership, listMembers, type Member } from '../../store/organisations.ts';
import type { Role } from '../../store/roles.ts';
import type { Actor } from '../actor.ts';
import { mayDo } from '../actor.ts';
import { recheckStreams } from '../auth/recheck-streams.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getOrganisation } from './get-organisation.ts';
import { managedElsewhere } from './managed-elsewhere.ts';

const unknownMember = () => new AppError('notFound', 'There is no such member.');

interface Target {
  actor: Actor;
  userId: string;
}

/**
 * Changes what a member is. Owners are made and unmade by owners.
 *
 * @throws {AppError} notFound, organisationManaged, permissionMissing or lastOwner
 */
export async function changeMember(
  context: Context,
  { actor, userId, role }: Target & { role: Role },
): Promise<Member> {
  const { issuer } = await getOrganisation(context, actor);
  if (issuer !== null) throw managedElsewhere();
  const before = await findMember(context, { actor, userId });
  if (before.role === 'owner' || role === 'owner') requireOwner(actor);
  await change(context, { actor, userId }, role);
  return findMember(context, { actor, userId });
}

/**
 * Takes a member out of an organisation, or lets them go. What they made stays; their keys and agents can do no more for it. Whom an issuer
 * names again comes back, but the keys they had do not.
 *
 * @throws {AppError} notFound, permissionMissing or lastOwner
 */
export async function removeMember(context: Context, { actor, userId }: Target): Promise<void> {
  const { role } = await findMember(context, { actor, userId });
  if (userId !== actor.userId) {
    if (!mayDo(actor, 'manage')) throw notAllowed('manage');
    if (role === 'owner') requireOwner(actor);
  }
  await change(context, { actor, userId }, null);
  await recheckStreams(context, { organisationId: actor.organisationId });
}

async function findMember({ db }: Context, { actor, userId }: Target): Promise<Member> {
  const members = await listMembers(db, actor.organisationId);
  const member = members.find((candidate) => candidate.userId === userId);
  if (member === undefined) throw unknownMember();
  return member;
}

async function change(context: Context, { actor, userId }: Target, role: Role | null): Promise<void> {
  const { organisationId } = actor;
  if (await changeMembership(context.db, { organisationId, userId, role })) return;
  await findMember(context, { actor, userId });
  throw new AppError(
    'lastOwner',
    'An organisation keeps one owner at least. Make somebody else an owner first.',
  );
}

function requireOwner(actor: Actor): void {
  if (!mayDo(actor, 'own')) throw notAllowed('own');
}

const notAllowed = (permission: string) =>
  new AppError('permissionMissing', `This needs the permission "${permission}", which you do not have here.`);
