import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';

const { cloud, api, token, stranger } = await openApi({ env: { DAILY_MESSAGE_LIMIT: '3' } });

const left = async () => (await api.get('/message-limit', { token })).body;

describe('the limit of messages in a day', () => {
  it('counts prompts and messages of one user, and refuses what is too much', async () => {
    expect(await left()).toMatchObject({ limit: 3, used: 0, remaining: 3 });
    const { body: agent } = await api.post('/agents', { prompt: 'One' }, { token });
    expect((await api.post('/agents', { name: 'Silent' }, { token })).status).toBe(201);
    const at = `/agents/${agent.id}/messages`;
    expect((await api.post(at, { text: 'Two' }, { token })).status).toBe(202);
    expect((await api.post('/agents/agent_none/messages', { text: 'Nobody hears' }, { token })).status).toBe(
      404,
    );
    const headers = { 'idempotency-key': 'three' };
    for (const status of [202, 202]) {
      expect((await api.post(at, { text: 'Three' }, { token, headers })).status).toBe(status);
    }
    expect(await left()).toMatchObject({ used: 3, remaining: 0 });
    for (const [path, body] of [
      [at, { text: 'Four' }],
      ['/agents', { prompt: 'Four' }],
    ] as const) {
      const refused = await api.post(path, body, { token });
      expect([refused.status, refused.body.code]).toEqual([429, 'messageLimitReached']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect((await api.post('/agents', { prompt: 'Mine' }, { token: stranger })).status).toBe(201);
  });

  it('begins anew with the day (UTC)', async () => {
    const { resetsAt } = await left();
    await cloud.setNow(new Date(Date.parse(resetsAt) + 1));
    expect(await left()).toMatchObject({ used: 0 });
    expect((await api.post('/agents', { prompt: 'Again' }, { token })).status).toBe(201);
    expect(await left()).toMatchObject({ used: 1 });
  });
});
