import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';

const { api, token, stranger } = await openApi({ env: { DAILY_COST_LIMIT_USD: '7.5' } });

const limit = async (who = token) => (await api.get('/me', { token: who })).body.dailyCostLimitUsd;
const set = (dailyCostLimitUsd: unknown) => api.patch('/me', { dailyCostLimitUsd }, { token });

describe('/me', () => {
  it('shows what the deployment allows, until the user says otherwise', async () => {
    expect((await api.get('/me', { token })).body).toMatchObject({
      login: 'demo',
      dailyCostLimitUsd: 7.5,
      spentTodayUsd: 0,
    });
    expect((await set(0.123456)).body).toMatchObject({ login: 'demo', dailyCostLimitUsd: 0.123456 });
    expect([await limit(), await limit(stranger)]).toEqual([0.123456, 7.5]);
    expect((await set(null)).body.dailyCostLimitUsd).toBe(7.5);
  });

  it.each([0, -1, 1.0000001, 2_000_000, '5', undefined])('refuses a limit of %j by name', async (refused) => {
    const { status, body } = await set(refused);
    expect([status, body.errors[0].field]).toEqual([400, 'body.dailyCostLimitUsd']);
  });

  it('is for those who signed in', async () => {
    expect((await api.get('/me')).status).toBe(401);
    expect((await api.patch('/me', { dailyCostLimitUsd: 1 })).status).toBe(401);
  });
});

describe('the limits of an agent', () => {
  it('are set with it, changed, taken away, and copied to its runs', async () => {
    const limits = { maxCostUsd: 2.5, maxDurationSeconds: 600 };
    const { body: agent } = await api.post('/agents', { prompt: 'Hello', ...limits }, { token });
    expect(agent).toMatchObject({ ...limits, activeRun: limits });
    const changed = await api.patch(`/agents/${agent.id}`, { maxCostUsd: null }, { token });
    expect(changed.body).toMatchObject({ maxCostUsd: null, maxDurationSeconds: 600, activeRun: limits });
    const other = await api.patch(
      `/agents/${agent.id}`,
      { maxDurationSeconds: null, maxCostUsd: 1 },
      { token },
    );
    expect(other.body).toMatchObject({ maxCostUsd: 1, maxDurationSeconds: null });
  });

  it.each([
    ['maxCostUsd', 0],
    ['maxCostUsd', 0.0000005],
    ['maxDurationSeconds', 0],
    ['maxDurationSeconds', 2_678_401],
  ])('refuse %s of %j by name', async (field, value) => {
    const { status, body } = await api.post('/agents', { [field]: value }, { token });
    expect([status, body.errors[0].field]).toEqual([400, `body.${field}`]);
  });
});
