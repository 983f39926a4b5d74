import { sql } from 'drizzle-orm';
import { beforeAll, expect, it } from 'vitest';
import { appendAudit, checkAudit } from '../../src/store/audit.ts';
import { acceptInvitation, insertInvitation } from '../../src/store/invitations.ts';
import { changeMembership, insertOrganisation, listMembers } from '../../src/store/organisations.ts';
import { addUser } from '../support/runs.ts';
import { describeRaces, RACERS } from './races.ts';

const racers = Array.from({ length: RACERS }, (_, racer) => `user_racer${racer}`);

describeRaces('about an organisation', (races) => {
  beforeAll(async () => {
    for (const userId of ['user_maker', ...racers]) await addUser(races.db, userId);
    await insertOrganisation(races.db, { id: 'org_team', name: 'Team', userId: 'user_maker' });
  });

  it('accept one invitation: one joins', async () => {
    const [organisationId, tokenHash] = ['org_team', 'hash'];
    const invitation = {
      id: 'invitation_1',
      organisationId,
      tokenHash,
      login: null,
      invitedBy: 'user_maker',
    };
    await insertInvitation(races.db, { ...invitation, role: 'owner' });
    const joined = await Promise.all(
      racers.map((userId) => acceptInvitation(races.db, { tokenHash, userId })),
    );
    expect(joined.filter((id) => id !== null)).toEqual([organisationId]);
  });

  it('leave as its owners: one stays, and is counted', async () => {
    await races.db.execute(sql`INSERT INTO members (organisation_id, user_id, role)
      SELECT 'org_team', id, 'owner' FROM users WHERE id LIKE 'user_racer%' ON CONFLICT DO NOTHING`);
    await races.db.execute(sql`UPDATE organisations SET owner_count = ${RACERS + 1} WHERE id = 'org_team'`);
    await Promise.all(
      ['user_maker', ...racers].map((userId, at) =>
        changeMembership(races.db, { organisationId: 'org_team', userId, role: at % 2 ? null : 'viewer' }),
      ),
    );
    const left = await listMembers(races.db, 'org_team');
    expect(left.filter(({ role }) => role === 'owner')).toHaveLength(1);
    const { rows } = await races.db.execute(sql`SELECT owner_count FROM organisations WHERE id = 'org_team'`);
    expect(rows).toEqual([{ owner_count: 1 }]);
  });

  it('are put down: the log has no gap and its chain holds', async () => {
    const act = { organisationId: 'org_team', credential: 'session s', action: 'POST /agents', object: {} };
    const from = { status: 201, requestId: 'req', address: null, userAgent: null };
    await Promise.all(racers.map((userId) => appendAudit(races.db, { ...act, ...from, userId })));
    expect(await checkAudit(races.db, 'org_team')).toEqual({ entries: RACERS, firstAltered: null });
  });
});
