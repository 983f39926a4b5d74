import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import type { Knock } from '../../test/support/door.ts';
import { pkce } from '../../test/support/github.ts';
import { openTestIssuer, trusting } from '../../test/support/issuer.ts';
import { query } from '../store/database.ts';

const [ours, other] = [await openTestIssuer(), await openTestIssuer({ origin: 'https://other.test' })];
const { cloud, api, token, userId } = await openApi({
  env: { AUTH_ISSUERS: trusting(ours, other) },
  others: { issuer: ours, other },
});

let people = 0;
let sub = '';
beforeEach(() => {
  people += 1;
  sub = `person-${people}`;
});
const now = () => Math.floor(Date.now() / 1000);
const team = (role: string | string[], org = `team-${people}`) => ({
  sub,
  org,
  org_name: `Team ${people}`,
  roles: role,
});
const as = async (claims: Record<string, unknown>, organisation?: string): Promise<Knock> => ({
  token: await ours.token({ sub, ...claims }),
  headers: organisation === undefined ? {} : { 'cadence-organisation': organisation },
});
const codeOf = ({ status, body }: { status: number; body: { code?: string } | null }) =>
  `${status} ${body?.code ?? ''}`.trim();
const organisationsOf = async (knock: Knock) => (await api.get('/organisations', knock)).body.data;

/** Signs in at GitHub and gives what the app would end the sign-in with. */
async function returned(login: string) {
  const { codeVerifier, codeChallenge } = pkce();
  const [state, redirectUri] = [crypto.randomUUID(), 'https://phone.test/signed-in'];
  const asked = new URLSearchParams({ redirectUri, state, codeChallenge, login });
  const { headers } = await api.get(`/auth/github/authorize?${asked}`);
  const approved = await fetch(headers.get('location') ?? '', { redirect: 'manual' });
  const code = new URL(approved.headers.get('location') ?? '').searchParams.get('code');
  return { state, code, codeVerifier, redirectUri };
}

describe('who comes with a token of an issuer', () => {
  it('is known again by issuer and subject, and has a personal organisation', async () => {
    const first = await api.get('/auth/me', await as({ name: 'Ada', email: 'ada@example.com' }));
    expect(first.body).toMatchObject({ login: 'ada@example.com', name: 'Ada', githubLinked: false });
    const second = await api.get('/auth/me', await as({ name: 'Ada L.' }));
    expect(second.body).toMatchObject({ id: first.body.id, name: 'Ada L.', email: null, login: 'Ada L.' });
    const elsewhere = await api.get('/auth/me', { token: await other.token({ sub }) });
    expect(elsewhere.body.id).not.toBe(first.body.id);
    const [personal, ...rest] = await organisationsOf(await as({}));
    expect(personal).toMatchObject({ isPersonal: true, role: 'owner', issuer: null });
    expect(rest).toEqual([]);
  });

  it('is one user however many requests come first', async () => {
    const knock = await as(team('dev'));
    const answers = await Promise.all(Array.from({ length: 24 }, () => api.get('/auth/me', knock)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await organisationsOf(knock)).toHaveLength(2);
  });

  it('acts for the organisation of the token, as what it says, and is put down so in its log', async () => {
    expect(codeOf(await api.post('/agents', { name: 'A' }, await as(team('guest'))))).toBe(
      '403 permissionMissing',
    );
    const { status } = await api.post('/agents', { name: 'A' }, await as(team(['guest', 'lead'])));
    expect(status).toBe(201);
    const [, there] = await organisationsOf(await as(team('lead')));
    expect(there).toMatchObject({
      name: `Team ${people}`,
      role: 'admin',
      issuer: ours.origin,
      isPersonal: false,
    });
    const { body } = await api.get('/audit-log', await as(team('lead')));
    expect(body.data[0]).toMatchObject({
      action: 'POST /api/v1/agents',
      credential: `issuer ${ours.origin}`,
    });
    const { body: log } = await api.get('/agents', await as(team('lead'), there.id));
    expect(log.data).toHaveLength(1);
  });

  it('is what the newest token says, which an older one does not undo', async () => {
    const old = await as({ ...team('lead'), iat: now() - 60 });
    expect((await api.post('/agents', { name: 'A' }, old)).status).toBe(201);
    expect(codeOf(await api.post('/agents', { name: 'B' }, await as(team('guest'))))).toBe(
      '403 permissionMissing',
    );
    expect(codeOf(await api.post('/agents', { name: 'C' }, old))).toBe('403 permissionMissing');
  });

  it('is let in nowhere by a role that means nothing, and loses what they had', async () => {
    const boss = await as({ ...team('boss'), iat: now() - 60 });
    const { body: key } = await api.post('/api-keys', { name: 'K', scopes: ['read'] }, boss);
    expect((await api.get('/agents', { token: key.key })).status).toBe(200);
    const nobody = await as(team('nobody'));
    expect(codeOf(await api.get('/agents', nobody))).toBe('403 permissionMissing');
    expect(codeOf(await api.get('/agents', { token: key.key }))).toBe('401 apiKeyInvalid');
    const [personal, ...rest] = await organisationsOf(await as({}));
    expect(rest).toEqual([]);
    expect((await api.get('/agents', await as(team('nobody'), personal.id))).status).toBe(200);
  });

  it('is not let into another organisation of an issuer than that of the token', async () => {
    const first = (await organisationsOf(await as(team('boss', 'one'))))[1];
    const second = (await organisationsOf(await as(team('boss', 'two')))).find(
      ({ id }: { id: string }) => id !== first.id && id.startsWith('org_'),
    );
    expect(second).toBeDefined();
    expect((await api.get('/agents', await as(team('boss', 'one'), first.id))).status).toBe(200);
    const unknown = await api.get('/agents', await as(team('boss', 'two'), 'org_nothing'));
    const foreign = await api.get('/agents', await as(team('boss', 'two'), first.id));
    expect({ ...foreign.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
    expect(codeOf(await api.get('/agents', await as({}, first.id)))).toBe('404 notFound');
    const stranger = {
      token: await other.token({ ...team('boss', 'one'), sub }),
      headers: { 'cadence-organisation': first.id },
    };
    expect(codeOf(await api.get('/agents', stranger))).toBe('404 notFound');
  });

  it('gets no organisation that was made here by naming it, and joins one by invitation', async () => {
    const { body: made } = await api.post('/organisations', { name: 'Ours' }, { token });
    const claiming = { ...team('boss'), org: made.id };
    expect(codeOf(await api.get('/agents', await as(claiming, made.id)))).toBe('404 notFound');
    const { body: invitation } = await api.post(
      `/organisations/${made.id}/invitations`,
      { role: 'viewer' },
      { token },
    );
    const joined = await api.post('/invitations/accept', { token: invitation.token }, await as({}));
    expect(joined.status).toBe(200);
    expect((await api.get('/agents', await as({}, made.id))).status).toBe(200);
    expect(codeOf(await api.post('/agents', {}, await as(team('boss'), made.id)))).toBe(
      '403 permissionMissing',
    );
  });

  it('does not take an invitation for a GitHub login by calling themselves so', async () => {
    const { body: made } = await api.post('/organisations', { name: 'Ours' }, { token });
    const { body: invitation } = await api.post(
      `/organisations/${made.id}/invitations`,
      { role: 'admin', login: 'octo' },
      { token },
    );
    const impostor = await as({ name: 'octo' });
    expect((await api.get('/auth/me', impostor)).body.login).toBe('octo');
    expect(codeOf(await api.post('/invitations/accept', { token: invitation.token }, impostor))).toBe(
      '404 notFound',
    );
  });

  it('finds its members managed where its tokens come from', async () => {
    const boss = await as(team('boss'));
    const [, { id }] = await organisationsOf(boss);
    const { body: me } = await api.get('/auth/me', boss);
    expect(codeOf(await api.post(`/organisations/${id}/invitations`, { role: 'member' }, boss))).toBe(
      '409 organisationManaged',
    );
    expect(codeOf(await api.patch(`/organisations/${id}/members/${me.id}`, { role: 'viewer' }, boss))).toBe(
      '409 organisationManaged',
    );
    expect((await api.delete(`/organisations/${id}/members/${me.id}`, boss)).status).toBe(204);
  });

  it('follows a stream, and opens one with a ticket, until the token ends', async () => {
    const knock = await as({ ...team('dev'), exp: now() + 2 });
    const { body: agent } = await api.post('/agents', { name: 'A' }, knock);
    const { body: made } = await api.post('/tickets', { path: `/agents/${agent.id}/events` }, knock);
    const { body: events } = await api.get(`/agents/${agent.id}/events?ticket=${made.ticket}`);
    expect(events).toContain('auth.expired');
    expect(
      codeOf(await api.get('/agents', await as({ ...team('dev'), exp: now() - 10, iat: now() - 60 }))),
    ).toBe('401 accessTokenExpired');
  });

  it('is told to wait when the issuer is away and its keys are not known', async () => {
    const away = await openTestIssuer({ origin: 'https://other.test' });
    other.answer = () => new Response('busy', { status: 503 });
    const { headers, ...answer } = await api.get('/agents', { token: await away.token({}, { kid: 'new' }) });
    other.answer = undefined;
    expect(['503 issuerUnavailable', '401 accessTokenInvalid']).toContain(codeOf(answer));
    if (answer.status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await api.get('/auth/me', await as({}))).status).toBe(200);
  });
});

describe('a GitHub account', () => {
  it('is needed for repositories, and can be linked', async () => {
    const knock = await as({});
    expect(codeOf(await api.get('/repos', knock))).toBe('403 githubNotLinked');
    expect(codeOf(await api.post('/agents', { repository: 'demo/todo-api' }, knock))).toBe(
      '403 githubNotLinked',
    );
    // Who has it signs in as nobody else; here they have left it.
    await query(cloud.db, sql`UPDATE users SET github_id = NULL WHERE login = 'octo'`);
    const back = await returned('octo');
    const linked = await api.post('/auth/github/link', back, knock);
    expect(linked.body).toMatchObject({ login: 'octo', githubLinked: true });
    expect((await api.get('/repos', knock)).status).toBe(200);
    expect(codeOf(await api.post('/auth/github/link', back, knock))).toBe('400 signInUnknown');

    const signedIn = await cloud.signIn('octo');
    expect(signedIn.user.id).toBe(linked.body.id);
    const [, mapped] = await organisationsOf(await as(team('boss')));
    const bySession = { token: signedIn.accessToken, headers: { 'cadence-organisation': mapped.id } };
    expect(codeOf(await api.get('/agents', bySession))).toBe('404 notFound');
    expect(await organisationsOf({ token: signedIn.accessToken })).toHaveLength(1);
  });

  it('is not taken from somebody else, nor changed for another', async () => {
    const knock = await as({});
    expect(codeOf(await api.post('/auth/github/link', await returned('demo'), knock))).toBe(
      '409 githubAccountTaken',
    );
    expect((await api.get('/auth/me', knock)).body.githubLinked).toBe(false);
    const again = await api.post('/auth/github/link', await returned('demo'), { token });
    expect(again.body).toMatchObject({ id: userId, login: 'demo' });
    expect(codeOf(await api.post('/auth/github/link', await returned('octo'), { token }))).toBe(
      '409 githubLinked',
    );
  });
});
