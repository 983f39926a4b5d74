import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';

const { cloud, api, token, stranger, userId } = await openApi();
const { user: octo } = await cloud.signIn('octo');

const make = async (name = 'Team'): Promise<string> =>
  (await api.post('/organisations', { name }, { token })).body.id;
const invite = async (organisationId: string, body: object) =>
  (await api.post(`/organisations/${organisationId}/invitations`, body, { token })).body;
const accept = (invitation: string, as = stranger) =>
  api.post('/invitations/accept', { token: invitation }, { token: as });
const rolesIn = async (organisationId: string) => {
  const { body } = await api.get(`/organisations/${organisationId}/members`, { token });
  return body.data.map(({ login, role }: { login: string; role: string }) => `${login} ${role}`);
};

describe('organisations', () => {
  it('are made, listed, renamed and removed by whoever made them', async () => {
    const organisationId = await make();
    const at = `/organisations/${organisationId}`;
    const { body } = await api.get('/organisations', { token });
    expect(body.data[0]).toMatchObject({ isPersonal: true, role: 'owner', name: 'demo' });
    expect(body.data.at(-1)).toMatchObject({ id: organisationId, isPersonal: false, role: 'owner' });
    expect((await api.patch(at, { name: 'Crew' }, { token })).body.name).toBe('Crew');
    expect((await api.get(at, { token })).body.concurrentRuns).toBeNull();
    const { body: changed } = await api.patch(at, { concurrentRuns: 7 }, { token });
    expect(changed).toMatchObject({ name: 'Crew', concurrentRuns: 7 });
    const { body: log } = await api.get('/audit-log', {
      token,
      headers: { 'cadence-organisation': organisationId },
    });
    expect(log.data[0]).toMatchObject({ action: 'PATCH /api/v1/organisations/:organisationId', status: 200 });
    expect((await api.delete(at, { token })).status).toBe(204);
    expect((await api.get(at, { token })).status).toBe(404);
  });

  it('own what is made for them, and nobody else sees it', async () => {
    const headers = { 'cadence-organisation': await make() };
    const { body: agent } = await api.post('/agents', { name: 'Shared' }, { token, headers });
    const listed = async (options: object) =>
      (await api.get('/agents', { token, ...options })).body.data.some(
        ({ id }: { id: string }) => id === agent.id,
      );
    expect(await listed({ headers })).toBe(true);
    expect(await listed({})).toBe(false);
    expect((await api.get(`/agents/${agent.id}`, { token })).status).toBe(404);
    const { status, body } = await api.delete(`/organisations/${headers['cadence-organisation']}`, { token });
    expect([status, body.code]).toEqual([409, 'organisationInUse']);
  });

  it('that are personal stay so', async () => {
    const { body } = await api.get('/organisations', { token });
    const at = `/organisations/${body.data[0].id}`;
    expect((await api.delete(at, { token })).body.code).toBe('organisationPersonal');
    const invited = await api.post(`${at}/invitations`, { role: 'member' }, { token });
    expect(invited.body.code).toBe('organisationPersonal');
  });

  it('are one and the same in the address and in the header', async () => {
    const [one, two] = [await make(), await make()];
    const { status, body } = await api.get(`/organisations/${one}`, {
      token,
      headers: { 'cadence-organisation': two },
    });
    expect([status, body.errors[0].field]).toEqual([400, 'header.cadence-organisation']);
  });
});

describe('invitations', () => {
  it('make whoever has the token a member, once', async () => {
    const organisationId = await make();
    const invitation = await invite(organisationId, { role: 'viewer' });
    const listed = await api.get(`/organisations/${organisationId}/invitations`, { token });
    expect(listed.body.data).toMatchObject([{ id: invitation.id, role: 'viewer' }]);
    expect(JSON.stringify(listed.body)).not.toContain(invitation.token);
    expect((await accept(invitation.token)).body).toMatchObject({ id: organisationId, role: 'viewer' });
    expect((await accept(invitation.token, token)).status).toBe(404);
    const left = await api.get(`/organisations/${organisationId}/invitations`, { token });
    expect(left.body.data).toEqual([]);
    const revoked = await api.delete(`/organisations/${organisationId}/invitations/${invitation.id}`, {
      token,
    });
    expect(revoked.status).toBe(404);
    expect(await rolesIn(organisationId)).toEqual(['demo owner', 'octo viewer']);
  });

  it('may be accepted again by who joined by them, until they leave', async () => {
    const organisationId = await make();
    const invitation = await invite(organisationId, { role: 'member' });
    const answers = await Promise.all([accept(invitation.token), accept(invitation.token)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await rolesIn(organisationId)).toEqual(['demo owner', 'octo member']);
    await api.delete(`/organisations/${organisationId}/members/${octo.id}`, { token });
    expect((await accept(invitation.token)).status).toBe(404);
  });

  it('are for one GitHub user when they say so, and can be taken back', async () => {
    const organisationId = await make();
    const other = await invite(organisationId, { role: 'member', login: 'somebody-else' });
    expect((await accept(other.token)).status).toBe(404);
    const mine = await invite(organisationId, { role: 'member', login: 'OCTO' });
    const at = `/organisations/${organisationId}/invitations/${mine.id}`;
    expect((await api.delete(at, { token })).status).toBe(204);
    expect((await api.delete(at, { token })).status).toBe(404);
    expect((await accept(mine.token)).status).toBe(404);
    expect(await rolesIn(organisationId)).toEqual(['demo owner']);
  });
});

describe('members', () => {
  const joined = async (role: string) => {
    const organisationId = await make();
    await accept((await invite(organisationId, { role })).token);
    return organisationId;
  };

  it('do what their role lets them, from the moment it changes', async () => {
    const organisationId = await joined('member');
    const headers = { 'cadence-organisation': organisationId };
    const asOcto = { token: stranger, headers };
    expect((await api.post('/agents', {}, asOcto)).status).toBe(201);
    const at = `/organisations/${organisationId}/members/${octo.id}`;
    expect((await api.patch(at, { role: 'owner' }, { token: stranger })).body.code).toBe('permissionMissing');
    await api.patch(at, { role: 'viewer' }, { token });
    expect((await api.post('/agents', {}, asOcto)).status).toBe(403);
    expect((await api.get('/agents', asOcto)).status).toBe(200);
    await api.delete(at, { token });
    expect((await api.get('/agents', asOcto)).status).toBe(404);
  });

  it('who are admins manage all but owners', async () => {
    const organisationId = await joined('admin');
    const at = `/organisations/${organisationId}/members/${userId}`;
    expect((await api.patch(at, { role: 'viewer' }, { token: stranger })).body.code).toBe(
      'permissionMissing',
    );
    expect((await api.delete(at, { token: stranger })).body.code).toBe('permissionMissing');
    const invited = await api.post(
      `/organisations/${organisationId}/invitations`,
      { role: 'owner' },
      { token: stranger },
    );
    expect(invited.body.code).toBe('permissionMissing');
  });

  it('may leave, but for the last owner', async () => {
    const organisationId = await joined('viewer');
    const at = `/organisations/${organisationId}/members`;
    expect((await api.delete(`${at}/${userId}`, { token })).body.code).toBe('lastOwner');
    expect((await api.patch(`${at}/${userId}`, { role: 'admin' }, { token })).body.code).toBe('lastOwner');
    expect((await api.delete(`${at}/${octo.id}`, { token: stranger })).status).toBe(204);
    expect((await api.delete(`${at}/user_nobody`, { token })).status).toBe(404);
    expect(await rolesIn(organisationId)).toEqual(['demo owner']);
  });
});
