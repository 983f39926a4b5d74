import { z } from 'zod';
import type { Flow } from './world.ts';

const made = z.object({ id: z.string() });
const invited = z.object({ id: z.string(), token: z.string() });

/** A team: who is in it, who is to be, and what they did. */
export const organisations: Flow = async ({ call, cloud, userId }) => {
  const { accessToken: octo, user } = await cloud.signIn('octo');
  const { id: organisationId } = made.parse(
    (await call('createOrganisation', { body: { name: 'Team' } })).body,
  );
  const path = { organisationId };
  const own =
    z.object({ data: z.array(made) }).parse((await call('listOrganisations')).body).data[0]?.id ?? '';
  await call('getOrganisation', { path });
  await call('changeOrganisation', { path, body: { name: 'Crew', concurrentRuns: 5 } });

  const invite = async (body: object) => invited.parse((await call('inviteMember', { path, body })).body);
  const { id: invitationId } = await invite({ role: 'viewer', login: 'somebody' });
  const { token } = await invite({ role: 'member' });
  await call('listInvitations', { path });
  await call('revokeInvitation', { path: { ...path, invitationId } });
  await call('inviteMember', { path: { organisationId: own }, body: { role: 'member' } });
  await call('acceptInvitation', { body: { token }, token: octo });

  await call('listMembers', { path });
  await call('changeMember', { path: { ...path, userId: user.id }, body: { role: 'admin' } });
  await call('removeMember', { path: { ...path, userId } });
  await call('removeMember', { path: { ...path, userId: user.id } });

  const headers = { 'cadence-organisation': organisationId };
  const { id: agentId } = made.parse((await call('createAgent', { body: { name: 'Shared' }, headers })).body);
  await call('removeOrganisation', { path });
  await call('removeOrganisation', { path: { organisationId: own } });
  await call('listAuditLog', { headers });
  await call('verifyAuditLog', { headers });
  await call('archiveAgent', { path: { agentId }, headers });
  await call('removeOrganisation', { path });
};
