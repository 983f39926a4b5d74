import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';

const { cloud, api, token, stranger } = await openApi();
const { body: agent } = await api.post('/agents', { name: 'Followed' }, { token });
const { body: other } = await api.post('/agents', { name: 'Another' }, { token });
const path = `/agents/${agent.id}/events`;

const make = async (of = path, as = token) => {
  const { status, body } = await api.post('/tickets', { path: of }, { token: as });
  expect(status).toBe(201);
  return String(body.ticket);
};
/** What opening a stream comes to; one that opens is closed again. */
async function open(at: string, headers: Record<string, string> = {}) {
  const response = await cloud.app.request(at, { headers });
  if (response.status === 200) {
    await response.body?.cancel();
    return 200;
  }
  const { code } = JSON.parse(await response.text());
  return code;
}

describe('a ticket', () => {
  it('opens its stream once, however the path is spelt', async () => {
    for (const spelling of ['', '/api', '/api/v1']) {
      const ticket = await make(`${spelling}${path}`);
      expect(await open(`/api${path}?after=&ticket=${ticket}`)).toBe(200);
      expect(await open(`${path}?ticket=${ticket}`)).toBe('ticketInvalid');
    }
  });

  it('opens one stream for one of many that come at once', async () => {
    const ticket = await make();
    const answers = await Promise.all(Array.from({ length: 12 }, () => open(`${path}?ticket=${ticket}`)));
    expect(answers.filter((answer) => answer === 200)).toHaveLength(1);
  });

  it('opens no other stream and nothing else, and is not used up by the try', async () => {
    const ticket = await make();
    expect(await open(`/agents/${other.id}/events?ticket=${ticket}`)).toBe('ticketInvalid');
    expect(await open(`/agents/${agent.id}?ticket=${ticket}`)).toBe('accessTokenMissing');
    expect(await open(`/agents/${agent.id}`, { authorization: `Bearer ${ticket}` })).toBe(
      'accessTokenInvalid',
    );
    expect(await open(`${path}?ticket=${ticket}`)).toBe(200);
  });

  it('is good for a minute', async () => {
    const ticket = await make();
    await cloud.db.execute(sql`UPDATE stream_tickets SET expires_at = expires_at - interval '60 seconds'`);
    expect(await open(`${path}?ticket=${ticket}`)).toBe('ticketInvalid');
  });

  it('is nothing once the session that made it is over, nor when its key is revoked or its maker has left', async () => {
    const { accessToken, refreshToken } = await cloud.signIn('demo');
    const ofSession = await make(path, accessToken);
    await api.post('/auth/logout', { refreshToken });
    expect(await open(`${path}?ticket=${ofSession}`)).toBe('ticketInvalid');
    const { body: key } = await api.post('/api-keys', { name: 'x', scopes: ['read'] }, { token });
    const [first, second] = [await make(path, key.key), await make(path, key.key)];
    expect(await open(`${path}?ticket=${first}`)).toBe(200);
    await api.delete(`/api-keys/${key.id}`, { token });
    expect(await open(`${path}?ticket=${second}`)).toBe('ticketInvalid');
    const gone = await make();
    const { rows } = await cloud.db.execute<{ id: string }>(
      sql`DELETE FROM members WHERE user_id = (SELECT user_id FROM agents WHERE id = ${agent.id}) RETURNING organisation_id AS id`,
    );
    expect(await open(`${path}?ticket=${gone}`)).toBe('ticketInvalid');
    await cloud.db.execute(sql`INSERT INTO members (organisation_id, user_id, role)
      SELECT ${rows[0]?.id ?? ''}, user_id, 'owner' FROM agents WHERE id = ${agent.id}`);
  });

  it("does not open what is another organisation's", async () => {
    const ticket = await make(path, stranger);
    expect(await open(`${path}?ticket=${ticket}`)).toBe('notFound');
  });

  it.each([
    '/agents',
    '/agents/x',
    '//evil.test/agents/x/events',
    'https://evil.test/agents/x/events',
    `${path}?after=1`,
  ])('is not made for %s', async (wanted) => {
    const { status, body } = await api.post('/tickets', { path: wanted }, { token });
    expect([status, body.errors?.[0]?.field]).toEqual([400, 'body.path']);
  });

  it('is refused when it is made up', async () => {
    for (const made of ['', 'x', 'A'.repeat(43), '%00']) {
      expect(await open(`${path}?ticket=${made}`)).toMatch(
        /ticketInvalid|accessTokenMissing|malformedRequest/,
      );
    }
  });
});
