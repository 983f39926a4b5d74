import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';

const { cloud, api, token, stranger, userId } = await openApi();

async function organisation() {
  const { body } = await api.post('/organisations', { name: 'Audited' }, { token });
  return { token, headers: { 'cadence-organisation': body.id, 'user-agent': 'phone/1' } };
}
const entries = async (as: Awaited<ReturnType<typeof organisation>>) =>
  (await api.get('/audit-log', as)).body.data;
const verify = async (as: Awaited<ReturnType<typeof organisation>>) =>
  (await api.get('/audit-log/verification', as)).body;
const asDatabaseOwner = async (statement: ReturnType<typeof sql>) => {
  await cloud.db.execute(sql`ALTER TABLE audit_log DISABLE TRIGGER audit_log_only_grows`);
  await cloud.db.execute(statement);
  await cloud.db.execute(sql`ALTER TABLE audit_log ENABLE TRIGGER audit_log_only_grows`);
};

describe('the audit log', () => {
  it('says who did what to which object from where', async () => {
    const as = await organisation();
    const { body: agent } = await api.post('/agents', {}, as);
    await api.patch(`/agents/${agent.id}`, { name: 'Renamed' }, as);
    await api.get('/agents', as);
    expect((await api.patch(`/agents/${agent.id}`, { name: '' }, as)).status).toBe(400);
    expect(await entries(as)).toMatchObject([
      { seq: 2, action: 'PATCH /api/v1/agents/:agentId', object: { agentId: agent.id }, status: 200, userId },
      {
        seq: 1,
        action: 'POST /api/v1/agents',
        object: { created: agent.id },
        status: 201,
        userAgent: 'phone/1',
      },
    ]);
    expect((await entries(as))[0].credential).toMatch(/^session session_/);
  });

  it('tells what somebody was not allowed to', async () => {
    const as = await organisation();
    const at = `/organisations/${as.headers['cadence-organisation']}`;
    const { body } = await api.post(`${at}/invitations`, { role: 'viewer' }, { token });
    await api.post('/invitations/accept', { token: body.token }, { token: stranger });
    await api.patch(at, { name: 'Mine' }, { token: stranger });
    expect((await entries(as))[0]).toMatchObject({ action: expect.stringMatching(/^PATCH/), status: 403 });
    const { body: refused } = await api.get('/audit-log', { ...as, token: stranger });
    expect(refused.code).toBe('permissionMissing');
  });

  it('fails an act that cannot be put down', async () => {
    const as = await organisation();
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'neon' && (await request.clone().text()).includes('audit_heads'))
        throw new TypeError('lost');
      return send();
    };
    expect((await api.post('/agents', {}, as)).status).toBe(503);
  });

  it('only grows', async () => {
    const as = await organisation();
    await api.post('/agents', {}, as);
    for (const change of [sql`UPDATE audit_log SET status = 200`, sql`DELETE FROM audit_log`]) {
      await expect(cloud.db.execute(change)).rejects.toThrow();
    }
  });

  it.each([
    ['changed', sql`UPDATE audit_log SET user_id = 'user_other' WHERE seq = 2`, 2],
    [
      'changed with its hash',
      sql`UPDATE audit_log SET status = 200, hash = repeat('0', 64) WHERE seq = 2`,
      2,
    ],
    ['taken out', sql`DELETE FROM audit_log WHERE seq = 2`, 2],
    ['cut off', sql`DELETE FROM audit_log WHERE seq = 3`, 3],
  ])('names the first entry that was %s past the trigger', async (_, tampering, seq) => {
    const as = await organisation();
    for (let act = 0; act < 3; act++) await api.post('/agents', {}, as);
    expect(await verify(as)).toEqual({ entries: 3, firstAltered: null });
    const organisationId = as.headers['cadence-organisation'];
    await asDatabaseOwner(sql`${tampering} AND organisation_id = ${organisationId}`);
    expect((await verify(as)).firstAltered).toBe(seq);
  });
});
