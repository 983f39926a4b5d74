import { describe, expect, it } from 'vitest';
import { AUDIENCE, openTestIssuer } from '../../../test/support/issuer.ts';
import { issuersSchema } from './config.ts';
import { createIssuers } from './issuer.ts';

const issuer = await openTestIssuer();
const ORIGIN = issuer.origin;

/** What tokens say of their organisation, as each provider writes it (README, "Tokens of your own provider"). */
const PROVIDERS: [string, object, Record<string, unknown>, object][] = [
  [
    'PropelAuth, with an active organisation',
    {
      audience: null,
      organisation: {
        id: ['org_member_info', 'org_id'],
        name: ['org_member_info', 'org_name'],
        role: ['org_member_info', 'user_role'],
        roles: { owner: ['Owner'], admin: ['Admin'], member: ['Member'] },
      },
      email: 'email',
    },
    {
      aud: undefined,
      email: 'ada@example.com',
      org_member_info: { org_id: '1189c444', org_name: 'Acme Inc', user_role: 'Admin' },
    },
    { email: 'ada@example.com', organisation: { externalId: '1189c444', name: 'Acme Inc', role: 'admin' } },
  ],
  [
    'Stack Auth',
    { organisation: { id: 'selected_team_id', defaultRole: 'member' }, name: 'name', email: 'email' },
    { selected_team_id: 'team-1', name: 'Ada', email: 'ada@example.com' },
    { name: 'Ada', organisation: { externalId: 'team-1', name: null, role: 'member' } },
  ],
  [
    'Clerk, version 2',
    {
      audience: null,
      authorizedParties: ['https://app.example.com'],
      organisation: {
        id: ['o', 'id'],
        name: ['o', 'slg'],
        role: ['o', 'rol'],
        roles: { admin: ['admin'], member: ['member'] },
      },
    },
    { aud: undefined, azp: 'https://app.example.com', o: { id: 'org_1', slg: 'acme', rol: 'admin' } },
    { organisation: { externalId: 'org_1', name: 'acme', role: 'admin' } },
  ],
  [
    'Auth0, with roles in a claim of its own',
    {
      organisation: {
        id: 'org_id',
        name: 'org_name',
        role: 'https://example.com/roles',
        roles: { owner: ['owner'], member: ['developer'] },
      },
    },
    { org_id: 'org_9ybsU1dN2dKfDkBi', org_name: 'acme', 'https://example.com/roles': ['developer', 'owner'] },
    { organisation: { externalId: 'org_9ybsU1dN2dKfDkBi', name: 'acme', role: 'owner' } },
  ],
];

async function check(config: object, claims: Record<string, unknown>, header: Record<string, unknown> = {}) {
  const configs = issuersSchema.parse(JSON.stringify([{ issuer: ORIGIN, audience: AUDIENCE, ...config }]));
  const issuers = createIssuers(configs, { fetch: issuer.handle, now: Date.now });
  return issuers.check(await issuer.token(claims, header), new Date());
}

describe('a token of an issuer', () => {
  it.each(PROVIDERS)('says what %s has it say', async (_, config, claims, said) => {
    expect(await check(config, claims)).toMatchObject({ outcome: 'valid', claims: said });
  });

  it('gives no role that nobody has named', async () => {
    const organisation = { id: 'org', role: 'role', roles: { owner: ['owner'] } };
    const said = async (claims: Record<string, unknown>) => {
      const checked = await check({ organisation }, claims);
      return checked?.outcome === 'valid' ? checked.claims.organisation : checked;
    };
    for (const role of ['Owner', 'owners', '', ['own', 'er'], { owner: true }, 1, null]) {
      expect(await said({ org: 'o', role })).toMatchObject({ externalId: 'o', role: null });
    }
    for (const org of [undefined, '', 7, ['o'], 'x'.repeat(256), 'a\0b', '\ud800']) {
      expect(await said({ org, role: 'owner' })).toBeNull();
    }
  });

  it('is for whom it names', async () => {
    const outcome = async (config: object, claims: Record<string, unknown>, header = {}) =>
      (await check(config, claims, header))?.outcome;
    const parties = { authorizedParties: ['https://app.example.com'] };
    expect(await outcome({}, { aud: ['other', AUDIENCE] })).toBe('valid');
    expect(await outcome({ audience: ['a', AUDIENCE] }, {})).toBe('valid');
    expect(await outcome({}, { aud: 'other' })).toBe('invalid');
    expect(await outcome({}, { aud: undefined })).toBe('invalid');
    expect(await outcome(parties, {})).toBe('invalid');
    expect(await outcome(parties, { azp: 'https://app.example.com.evil.test' })).toBe('invalid');
    expect(await outcome(parties, { azp: 'https://app.example.com' })).toBe('valid');
    expect(await outcome({}, {}, { typ: 'at+jwt' })).toBe('valid');
    expect(await outcome({}, {}, { typ: 'logout+jwt' })).toBe('invalid');
    expect(await outcome({}, { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })).toBe(
      'invalid',
    );
  });
});

describe('AUTH_ISSUERS', () => {
  const problemOf = (text: string) => issuersSchema.safeParse(text).error?.issues[0]?.message;
  const one = (changes: object) => JSON.stringify([{ issuer: ORIGIN, audience: 'a', ...changes }]);

  it('is a list that may be left out', () => {
    expect(issuersSchema.parse(undefined)).toEqual([]);
    expect(issuersSchema.parse('[]')).toEqual([]);
    expect(issuersSchema.parse(one({ issuer: 'http://127.0.0.1:9000/realm' }))).toHaveLength(1);
  });

  it.each([
    ['nonsense', 'a JSON list of issuers'],
    ['{}', 'a JSON list of issuers'],
    [one({ issuer: 'http://issuer.test' }), 'a JSON list of issuers: 0.issuer: a URL starting with https://'],
    [
      one({ jwksUri: 'http://127.0.0.1.evil.test/' }),
      'a JSON list of issuers: 0.jwksUri: a URL starting with https://',
    ],
    [one({ audience: undefined }), 'a JSON list of issuers: 0.audience: Invalid input'],
    [one({ algorithms: ['HS256'] }), expect.stringContaining('0.algorithms.0:')],
    [one({ algorithms: ['none'] }), expect.stringContaining('0.algorithms.0:')],
    [
      one({ organisation: { id: 'org' } }),
      'a JSON list of issuers: 0.organisation: role and roles, or defaultRole',
    ],
    [
      one({ organisation: { id: 'org', role: 'r' } }),
      'a JSON list of issuers: 0.organisation: both role and roles, or none',
    ],
    [one({ audiences: 'x' }), expect.stringContaining('a JSON list of issuers: 0')],
    [
      JSON.stringify([...JSON.parse(one({})), ...JSON.parse(one({}))]),
      'a JSON list of issuers: 1.issuer: it was named before',
    ],
  ])('is refused when it is %s', (text, problem) => {
    expect(problemOf(text)).toEqual(problem);
  });
});
