import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { admitIdentity, type ClaimedIdentity } from '../../src/store/admit-identity.ts';
import { type Database, query } from '../../src/store/database.ts';
import { beginSignIn } from '../../src/store/sign-ins.ts';
import { linkGithub, upsertUser } from '../../src/store/users.ts';
import { describeRaces, race } from './races.ts';

const ISSUED = Date.parse('2026-11-21T12:00:00Z');
const LIMITS = [{ bucket: 'requests', perMinute: 1_000 }];

const claims = (subject: string, changes: Partial<ClaimedIdentity> = {}): ClaimedIdentity => ({
  issuer: 'https://issuer.test',
  subject,
  issuedAt: new Date(ISSUED),
  name: 'Ada',
  email: null,
  organisation: null,
  ...changes,
});
const team = (externalId: string, role: 'owner' | 'viewer' = 'owner') => ({
  organisation: { externalId, name: 'Team', role },
});

let made = 0;
/** One request with a token; the ids for what is made are its own, as the product draws them. */
function comes(db: Database, identity: ClaimedIdentity) {
  made += 1;
  const newIds = { userId: `user_new${made}`, organisationId: `org_team${made}` };
  return admitIdentity(db, identity, newIds, { organisationId: null, limits: LIMITS });
}
const count = async (db: Database, what: ReturnType<typeof sql>) =>
  (await query<{ n: number }>(db, sql`SELECT count(*)::int AS n FROM ${what}`))[0]?.n;

const profile = (githubId: number) => ({
  githubId,
  login: `github${githubId}`,
  name: null,
  email: null,
  avatarUrl: null,
});
const githubToken = { sealedToken: 'sealed', sealedRefreshToken: null, expiresInSeconds: null };

/** Ends one sign-in at GitHub by linking its account. */
async function links(db: Database, userId: string, githubId: number, state: string) {
  await beginSignIn(db, state, { codeChallenge: 'challenge', redirectUri: 'https://phone.test/' });
  return async () =>
    (await linkGithub(db, { userId, stateHash: state, profile: profile(githubId), githubToken })).outcome;
}
const tally = (outcomes: readonly string[]) => {
  const times: Record<string, number> = {};
  for (const outcome of outcomes) times[outcome] = (times[outcome] ?? 0) + 1;
  return times;
};

describeRaces('with tokens of an issuer', (races) => {
  it('come for the first time as one person: one user, one identity, one personal organisation', async () => {
    const admitted = await race(() => comes(races.db, claims('first', team('first'))));
    const [userId, ...others] = new Set(admitted.map((admission) => admission.userId));
    expect(others).toEqual([]);
    expect(new Set(admitted.map(({ member }) => member?.role))).toEqual(new Set(['owner']));
    expect(new Set(admitted.map(({ member }) => member?.organisationId)).size).toBe(1);
    expect(await count(races.db, sql`identities WHERE subject = 'first'`)).toBe(1);
    expect(await count(races.db, sql`users`)).toBe(1);
    expect(await count(races.db, sql`organisations WHERE personal_of = ${userId}`)).toBe(1);
    expect(await count(races.db, sql`organisations WHERE external_id = 'first'`)).toBe(1);
    expect(await count(races.db, sql`organisations`)).toBe(2);
    expect(await count(races.db, sql`members WHERE user_id = ${userId}`)).toBe(2);
  });

  it('come as people without an organisation: each has a personal one', async () => {
    const admitted = await race((racer) => comes(races.db, claims(`alone-${racer % 8}`)));
    const personal = new Set(admitted.map(({ member }) => member?.organisationId));
    expect(personal.size).toBe(8);
    expect(await count(races.db, sql`organisations WHERE id = ANY(${sql.param([...personal])})`)).toBe(8);
  });

  it('come as colleagues of a new organisation: it is made once, with all of them in it', async () => {
    const admitted = await race((racer) => comes(races.db, claims(`colleague-${racer}`, team('new'))));
    expect(new Set(admitted.map(({ member }) => member?.organisationId)).size).toBe(1);
    expect(new Set(admitted.map(({ userId }) => userId)).size).toBe(admitted.length);
    const of = sql`members m JOIN organisations o ON o.id = m.organisation_id WHERE o.external_id = 'new'`;
    expect(await count(races.db, of)).toBe(admitted.length);
  });

  it('come with older tokens and a newer one: what the newest says stays', async () => {
    await race((racer) =>
      comes(
        races.db,
        claims('demoted', {
          issuedAt: new Date(ISSUED + racer * 1_000),
          ...team('demoting', racer === 63 ? 'viewer' : 'owner'),
        }),
      ),
    );
    const { member } = await comes(races.db, claims('demoted', team('demoting')));
    expect(member?.role).toBe('viewer');
  });
});

describeRaces('link a GitHub account', (races) => {
  it('of one person, as many: one has it', async () => {
    const people = await race((racer) => comes(races.db, claims(`linker-${racer}`)));
    const ending = await race((racer) => links(races.db, people[racer]?.userId ?? '', 1, `same-${racer}`));
    expect(tally(await race((racer) => ending[racer]?.() ?? Promise.reject()))).toEqual({
      linked: 1,
      taken: 63,
    });
    expect(await count(races.db, sql`users WHERE github_id = 1`)).toBe(1);
  });

  it('of their own, each of two accounts many times: they have one of them', async () => {
    const { userId } = await comes(races.db, claims('chooser'));
    const ending = await race((racer) => links(races.db, userId, 2 + (racer % 2), `choice-${racer}`));
    const outcomes = await race((racer) => ending[racer]?.() ?? Promise.reject());
    expect(tally(outcomes)).toEqual({ linked: 32, unknown: 32 });
    expect(new Set(outcomes.filter((_, racer) => racer % 2 === 0)).size).toBe(1);
    expect(await count(races.db, sql`users WHERE github_id IN (2, 3)`)).toBe(1);
  });

  it('with one sign-in, sent many times: it is good for one of them', async () => {
    const { userId } = await comes(races.db, claims('repeater'));
    const end = await links(races.db, userId, 4, 'once');
    expect(tally(await race(() => end()))).toEqual({ linked: 1, unknown: 63 });
  });

  it('while its owner signs in for the first time: one user has it, and every sign-in is theirs', async () => {
    const { userId } = await comes(races.db, claims('latecomer'));
    const ending = await race((racer) => links(races.db, userId, 5, `late-${racer}`));
    const came = await race(async (racer) => {
      if (racer % 2 === 0) return ending[racer]?.();
      return (await upsertUser(races.db, `user_signed${racer}`, profile(5))).id;
    });
    const [owner, ...others] = await query<{ id: string }>(
      races.db,
      sql`SELECT id FROM users WHERE github_id = 5`,
    );
    expect(others).toEqual([]);
    expect(new Set(came.filter((_, racer) => racer % 2 === 1))).toEqual(new Set([owner?.id]));
    expect(new Set(came.filter((_, racer) => racer % 2 === 0))).toEqual(
      new Set([owner?.id === userId ? 'linked' : 'taken']),
    );
  });
});
