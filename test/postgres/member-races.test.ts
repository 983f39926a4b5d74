import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendAudit, checkAudit } from '../../src/store/audit.ts';
import { acceptInvitation, insertInvitation } from '../../src/store/invitations.ts';
import { changeMembership, insertOrganisation, listMembers } from '../../src/store/organisations.ts';
import { addUser } from '../support/runs.ts';
import { openPostgres, type PostgresDatabase } from './database.ts';
import { findPostgres } from './server.ts';

const bin = await findPostgres();
if (bin === null) console.warn('Races are not tested: there is no PostgreSQL 15 or newer on this machine.');

const RACERS = 64;
const racers = Array.from({ length: RACERS }, (_, racer) => `user_racer${racer}`);

describe.skipIf(bin === null)('64 at once about an organisation, on a real PostgreSQL', () => {
  let postgres: PostgresDatabase;
  beforeAll(async () => {
    postgres = await openPostgres(bin ?? '');
    for (const userId of ['user_maker', ...racers]) await addUser(postgres.db, userId);
    await insertOrganisation(postgres.db, { id: 'org_team', name: 'Team', userId: 'user_maker' });
  });
  afterAll(() => postgres?.close());

  it('accept one invitation: one joins', async () => {
    const [organisationId, tokenHash] = ['org_team', 'hash'];
    const invitation = {
      id: 'invitation_1',
      organisationId,
      tokenHash,
      login: null,
      invitedBy: 'user_maker',
    };
    await insertInvitation(postgres.db, { ...invitation, role: 'owner' });
    const joined = await Promise.all(
      racers.map((userId) => acceptInvitation(postgres.db, { tokenHash, userId })),
    );
    expect(joined.filter((id) => id !== null)).toEqual([organisationId]);
  });

  it('leave as its owners: one stays, and is counted', async () => {
    await postgres.db.execute(sql`INSERT INTO members (organisation_id, user_id, role)
      SELECT 'org_team', id, 'owner' FROM users WHERE id LIKE 'user_racer%' ON CONFLICT DO NOTHING`);
    await postgres.db.execute(
      sql`UPDATE organisations SET owner_count = ${RACERS + 1} WHERE id = 'org_team'`,
    );
    await Promise.all(
      ['user_maker', ...racers].map((userId, at) =>
        changeMembership(postgres.db, { organisationId: 'org_team', userId, role: at % 2 ? null : 'viewer' }),
      ),
    );
    const left = await listMembers(postgres.db, 'org_team');
    expect(left.filter(({ role }) => role === 'owner')).toHaveLength(1);
    const { rows } = await postgres.db.execute(
      sql`SELECT owner_count FROM organisations WHERE id = 'org_team'`,
    );
    expect(rows).toEqual([{ owner_count: 1 }]);
  });

  it('are put down: the log has no gap and its chain holds', async () => {
    const act = { organisationId: 'org_team', credential: 'session s', action: 'POST /agents', object: {} };
    const from = { status: 201, requestId: 'req', address: null, userAgent: null };
    await Promise.all(racers.map((userId) => appendAudit(postgres.db, { ...act, ...from, userId })));
    expect(await checkAudit(postgres.db, 'org_team')).toEqual({ entries: RACERS, firstAltered: null });
  });
});
