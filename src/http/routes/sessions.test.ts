import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';

const { cloud, api } = await openApi();
const { db } = cloud;

const idOf = ({ refreshToken }: { refreshToken: string }) => refreshToken.split('.')[0] ?? '';
const codeOf = async (token: string) => {
  const { status, body } = await api.get('/me', { token });
  return status === 200 ? 200 : body.code;
};
/** Opens an agent's stream; `ended` is its text when it has ended. */
async function follow(token: string) {
  const { body: agent } = await api.post('/agents', { name: 'Followed' }, { token });
  const response = await cloud.app.request(`/agents/${agent.id}/events`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const ended = response.text();
  // The follower has subscribed and looked.
  await new Promise((resolve) => setTimeout(resolve, 400));
  return { ended };
}

describe('GET /sessions', () => {
  it('lists where somebody is signed in, newest first, and says which one asks', async () => {
    const [first, second] = [await cloud.signIn(), await cloud.signIn()];
    const { body } = await api.get('/sessions?limit=2', { token: first.accessToken });
    expect(body.data).toMatchObject([
      { id: idOf(second), current: false, lastUsedAt: null },
      { id: idOf(first), current: true },
    ]);
    const [, own] = (await api.get('/sessions?limit=2', { token: first.accessToken })).body.data;
    expect(own.lastUsedAt).not.toBeNull();
    const { body: page } = await api.get('/sessions?limit=1', { token: first.accessToken });
    const rest = await api.get(`/sessions?limit=1&cursor=${page.nextCursor}`, { token: first.accessToken });
    expect(rest.body.data[0].id).toBe(idOf(first));
  });

  it('leaves out what is over', async () => {
    const [here, expired, revoked] = [
      await cloud.signIn('octo'),
      await cloud.signIn('octo'),
      await cloud.signIn('octo'),
    ];
    await db.execute(sql`UPDATE sessions SET expires_at = engine_now() WHERE id = ${idOf(expired)}`);
    await api.post('/auth/logout', { refreshToken: revoked.refreshToken });
    const { data } = (await api.get('/sessions', { token: here.accessToken })).body;
    const ids = data.map(({ id }: { id: string }) => id);
    expect(ids).toContain(idOf(here));
    expect(ids).not.toContain(idOf(expired));
    expect(ids).not.toContain(idOf(revoked));
  });
});

describe('DELETE /sessions/:id', () => {
  it('signs a device out at once, and ends its stream', async () => {
    const [phone, desk] = [await cloud.signIn(), await cloud.signIn()];
    const { ended } = await follow(phone.accessToken);
    const startedAt = Date.now();
    const end = () => api.delete(`/sessions/${idOf(phone)}`, { token: desk.accessToken });
    expect((await end()).status).toBe(204);
    expect(await ended).toContain('event: auth.expired');
    expect(Date.now() - startedAt).toBeLessThan(1_500);
    expect(await codeOf(phone.accessToken)).toBe('sessionEnded');
    const refreshed = await api.post('/auth/refresh', { refreshToken: phone.refreshToken });
    expect(refreshed.body.code).toBe('sessionEnded');
    expect(await codeOf(desk.accessToken)).toBe(200);
    expect((await end()).status).toBe(404);
  });

  it("knows nobody else's", async () => {
    const [own, other] = [await cloud.signIn(), await cloud.signIn('octo')];
    const { status } = await api.delete(`/sessions/${idOf(other)}`, { token: own.accessToken });
    expect(status).toBe(404);
    expect(await codeOf(other.accessToken)).toBe(200);
  });
});

describe('DELETE /sessions', () => {
  it('signs out everywhere else', async () => {
    const [here, there, other] = [await cloud.signIn(), await cloud.signIn(), await cloud.signIn('octo')];
    const { status } = await api.delete('/sessions?except=current', { token: here.accessToken });
    expect(status).toBe(204);
    expect(await codeOf(there.accessToken)).toBe('sessionEnded');
    expect([await codeOf(here.accessToken), await codeOf(other.accessToken)]).toEqual([200, 200]);
    expect((await api.get('/sessions', { token: here.accessToken })).body.data).toHaveLength(1);
  });

  it('signs out here as well', async () => {
    const { accessToken } = await cloud.signIn();
    expect((await api.delete('/sessions?except=all', { token: accessToken })).status).toBe(400);
    expect((await api.delete('/sessions', { token: accessToken })).status).toBe(204);
    expect(await codeOf(accessToken)).toBe('sessionEnded');
  });
});

it('ends the streams of a session that signs out', async () => {
  const { accessToken, refreshToken } = await cloud.signIn();
  const { ended } = await follow(accessToken);
  await api.post('/auth/logout', { refreshToken });
  expect(await ended).toContain('event: auth.expired');
});
