import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliver, scriptOf } from '../../../test/support/deliver.ts';
import { isModeNamed } from '../../../test/support/mode.ts';

const RUN = '/api/v1/callbacks/run';
const RUN_FAILED = '/api/v1/callbacks/run-failed';
const SWEEP = '/api/v1/callbacks/sweep';
const WEBHOOK = '/api/v1/callbacks/webhook';

const { cloud, api, token } = await openApi({ env: { STEPS_PER_CALLBACK: '2' } });

async function start(prompt = 'What can you do?'): Promise<string> {
  const { body } = await api.post('/agents', { prompt }, { token });
  return body.activeRun.id;
}
const row = async (runId: string) => {
  const { rows } = await cloud.db.execute(
    sql`SELECT status, dispatch_no, sweep_no, sweep_after <= engine_now() AS due FROM runs WHERE id = ${runId}::text`,
  );
  return rows[0];
};

describe('a callback', () => {
  it.each([RUN, RUN_FAILED, SWEEP, WEBHOOK])('%s is closed to who cannot sign for it', async (path) => {
    const runId = await start();
    const body = { runId, dispatchNo: 1 };
    const signedElsewhere = await deliver(cloud, `/api/v1/callbacks/run?x=1`, body);
    expect(signedElsewhere.status).toBe(401);
    for (const signature of ['', 'nonsense', token]) {
      const response = await deliver(cloud, path, body, signature);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: 'signatureInvalid' });
    }
    expect(await row(runId)).toMatchObject({ status: 'queued', due: false });
  });

  it.each([
    [RUN, 'not json'],
    [RUN, { runId: 'run_1' }],
    [RUN, { runId: 7, dispatchNo: 1 }],
    [RUN, { runId: 'run_1', dispatchNo: 1.5 }],
    [RUN, []],
    [WEBHOOK, { deliveryId: "'", tryNo: 1 }],
    [WEBHOOK, { deliveryId: 'delivery_0', tryNo: 0 }],
    [RUN_FAILED, {}],
    [RUN_FAILED, { sourceBody: '!' }],
    [RUN_FAILED, { sourceBody: btoa('not json') }],
    [RUN_FAILED, { sourceBody: btoa('{"runId":"run_1"}') }],
  ])('%s with the body %j is not delivered again', async (path, body) => {
    const response = await deliver(cloud, path, body);
    expect(response.status).toBe(489);
    expect(response.headers.get('upstash-nonretryable-error')).toBe('true');
  });
});

describe('POST /callbacks/run', () => {
  it.skipIf(isModeNamed)('takes the run forward and hands it over', async () => {
    const runId = await start(
      scriptOf({ calls: [{ name: 'search_code', input: { pattern: '{n}' } }], repeat: 3 }),
    );
    const first = await deliver(cloud, RUN, { runId, dispatchNo: 1 });
    expect([first.status, await first.json()]).toEqual([
      200,
      { kind: 'accepted', status: 'queued', steps: 2 },
    ]);
    const second = await deliver(cloud, RUN, { runId, dispatchNo: 2 });
    expect(await second.json()).toEqual({ kind: 'accepted', status: 'completed', steps: 2 });
  });

  it('acknowledges what is superseded, over or unknown', async () => {
    const runId = await start();
    await deliver(cloud, RUN, { runId, dispatchNo: 1 });
    for (const dispatch of [
      { runId, dispatchNo: 1 },
      { runId, dispatchNo: 9 },
      { runId: 'run_0', dispatchNo: 1 },
    ]) {
      const response = await deliver(cloud, RUN, dispatch);
      expect([response.status, await response.json()]).toEqual([200, { kind: 'stale' }]);
    }
  });

  it('asks for patience while another worker is at it', async () => {
    const runId = await start();
    await cloud.db.execute(sql`UPDATE runs SET status = 'running', lease_expires_at = engine_now() + interval '20 seconds'
      WHERE id = ${runId}::text`);
    const response = await deliver(cloud, RUN, { runId, dispatchNo: 1 });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(19);
    expect(Number(response.headers.get('retry-after'))).toBeLessThan(22);
  });
});

describe('POST /callbacks/run-failed', () => {
  const failureOf = (dispatch: object) => ({
    status: 500,
    header: {},
    body: '',
    retried: 5,
    maxRetries: 5,
    dlqId: '1-0',
    sourceMessageId: 'msg_1',
    url: `https://cadence.test${RUN}`,
    method: 'POST',
    sourceHeader: {},
    sourceBody: btoa(JSON.stringify(dispatch)),
    notBefore: 0,
    createdAt: 0,
  });

  it('makes the run due and fails nothing', async () => {
    const runId = await start();
    expect(await row(runId)).toMatchObject({ due: false });
    const response = await deliver(cloud, RUN_FAILED, failureOf({ runId, dispatchNo: 1 }));
    expect(response.status).toBe(200);
    expect(await row(runId)).toMatchObject({ status: 'queued', due: true });
    expect(await cloud.context.live.sweepNextAt()).toBeNull();
  });

  it('is acknowledged for a run that went on or is gone', async () => {
    const runId = await start();
    for (const dispatch of [
      { runId, dispatchNo: 7 },
      { runId: 'run_0', dispatchNo: 1 },
    ]) {
      expect((await deliver(cloud, RUN_FAILED, failureOf(dispatch))).status).toBe(200);
    }
    expect(await row(runId)).toMatchObject({ due: false });
  });

  it('leaves a run alone that waits for its user', async () => {
    const runId = await start();
    await cloud.db.execute(sql`UPDATE runs SET status = 'waiting', waiting_for = 'budget', sweep_after = NULL
      WHERE id = ${runId}::text`);
    await deliver(cloud, RUN_FAILED, failureOf({ runId, dispatchNo: 1 }));
    expect((await row(runId))?.due).toBeNull();
  });
});

describe('POST /callbacks/sweep', () => {
  it('dispatches anew what nobody took up', async () => {
    const runId = await start();
    await cloud.db.execute(sql`UPDATE runs SET sweep_after = NULL`);
    await cloud.db.execute(sql`UPDATE runs SET sweep_after = engine_now() WHERE id = ${runId}::text`);
    const response = await deliver(cloud, SWEEP, '');
    expect([response.status, await response.json()]).toEqual([200, { outcome: 'swept', found: 1 }]);
    expect(await row(runId)).toMatchObject({ status: 'queued', dispatch_no: 1, sweep_no: 1 });
    expect(await cloud.context.live.sweepNextAt()).toBeGreaterThan(Date.now());
  });
});
