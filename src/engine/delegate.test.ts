import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { asks, delegate, openDelegation, says, send, sends } from '../../test/support/delegation.ts';
import { scriptOf } from '../../test/support/deliver.ts';
import { eventTypes } from '../../test/support/runs.ts';
import { sweep } from './sweep.ts';

const { arrived, cloud, api, token, begin, look, act, drive, children, firstChild, callsOf, once, sweepAll } =
  await openDelegation();

describe('sub-agents', () => {
  it('work side by side, and what they say comes back as the results of the calls', async () => {
    const { runId } = await begin([{ calls: [delegate(sends('one')), delegate(sends('two')), send('own')] }]);
    await once(runId);
    expect(await look(runId)).toMatchObject({ status: 'waiting', waitingFor: 'child' });
    expect((await eventTypes(cloud.db, runId)).at(-1)).toBe('run.waiting');
    expect((await callsOf(runId)).map(({ state }: { state: string }) => state)).toEqual([
      'executing',
      'executing',
      'planned',
    ]);
    const runs = await children(runId);
    expect(runs.map(({ status }) => status)).toEqual(['queued', 'queued']);

    expect(await drive(runId)).toBe('completed');
    expect(arrived).toEqual(['PUT one', 'PUT two', 'PUT own']);
    const results = (await callsOf(runId)).slice(0, 2);
    expect(results).toMatchObject([
      { state: 'completed', output: 'Sent one.', result: { runId: runs[0]?.id, status: 'completed' } },
      { state: 'completed', output: 'Sent two.' },
    ]);
    const listed = (await api.get(`/runs?parentRunId=${runId}`, { token })).body.data;
    expect(listed.map(({ parentRunId }: { parentRunId: string }) => parentRunId)).toEqual([runId, runId]);
    const all = (await api.get('/runs?limit=100', { token })).body.data;
    expect(all.map(({ id }: { id: string }) => id)).not.toContain(runs[0]?.id);
  });

  it('are told nothing but their task, which is no text with references', async () => {
    const { runId } = await begin([
      { calls: [delegate('Replace {{nodes.a.output}} and {{name}} everywhere')] },
    ]);
    await drive(runId);
    const child = await look((await firstChild(runId)).id);
    expect(child.prompt).toBe('Replace {{nodes.a.output}} and {{name}} everywhere');
    expect(child.status).toBe('completed');
  });

  it('get the tools of who delegates to them or fewer, and nothing that it has not', async () => {
    const { runId } = await begin([
      {
        calls: [delegate(says('Hi'), { tools: ['read_file'] }), delegate(says('Hi'), { tools: ['commit'] })],
      },
    ]);
    await drive(runId);
    expect((await callsOf(runId))[1]).toMatchObject({
      state: 'failed',
      output: 'Not begun: you have no tool commit to give away.',
    });
    const runs = await children(runId);
    expect(runs).toHaveLength(1);
    const { body } = await api.get(`/agents/${runs[0]?.agent_id}`, { token });
    expect(body.tools).toEqual(['read_file']);
  });

  it('delegate once more themselves, and not below', async () => {
    const leaf = scriptOf({ calls: [delegate(says('too deep'))] }, { text: 'Leaf.' });
    const inner = scriptOf({ calls: [delegate(leaf)] }, { text: 'Inner.' });
    const { runId } = await begin([{ calls: [delegate(inner)] }]);
    expect(await drive(runId)).toBe('completed');
    const child = await firstChild(runId);
    const grandchild = await firstChild(child.id);
    expect(await children(grandchild.id)).toEqual([]);
    expect((await callsOf(grandchild.id))[0]).toMatchObject({ state: 'failed' });
    expect((await callsOf(child.id))[0]).toMatchObject({ state: 'completed', output: 'Leaf.' });
  });

  it('are eight in a run at the most; what is beyond is not begun and says so', async () => {
    const many = Array.from({ length: 6 }, (_, at) => delegate(says(`No. ${at}`)));
    const { runId } = await begin([{ calls: many }, { calls: many }]);
    expect(await drive(runId)).toBe('completed');
    expect(await children(runId)).toHaveLength(8);
    const states = (await callsOf(runId)).map(({ state }: { state: string }) => state);
    expect(states).toEqual([
      ...Array.from({ length: 8 }, () => 'completed'),
      ...Array.from({ length: 4 }, () => 'failed'),
    ]);
  });

  it('that fail or run out of time come back as failures', async () => {
    const { runId } = await begin([{ calls: [delegate(asks, { timeoutSeconds: 60 }), delegate(asks)] }]);
    await drive(runId);
    const [slow, cancelled] = await children(runId);
    await act(String(cancelled?.id), 'cancel');
    await cloud.db.execute(
      sql`UPDATE dag_nodes SET deadline_at = engine_now() WHERE run_id = ${slow?.id}::text`,
    );
    await sweepAll();
    expect(await drive(runId)).toBe('completed');
    expect(await callsOf(runId)).toMatchObject([
      { state: 'failed', output: 'The sub-agent did not complete (failed): It took longer than it may.' },
      { state: 'failed', output: 'The sub-agent did not complete (cancelled): Its run was cancelled.' },
    ]);
  });

  it('cost eight statements together, and six each whatever their number', async () => {
    const statements = async (count: number) => {
      const calls = Array.from({ length: count }, () => delegate(says('Hi')));
      const { runId } = await begin([{ calls }]);
      const before = cloud.fetches.log.length;
      expect(await drive(runId)).toBe('completed');
      // To find what is to be delivered is the test's own.
      const asked = 4 + (count - 1);
      return cloud.fetches.log.slice(before).filter(({ service }) => service === 'neon').length - asked;
    };
    const [one, three, seven] = [await statements(1), await statements(3), await statements(7)];
    // To begin it, claim, context and its only step, and to follow two moves.
    expect([(three - one) / 2, (seven - three) / 4]).toEqual([6, 6]);
    // Four are those of a run of two steps.
    expect(one - 6).toBe(4 + 8);
  });
});

describe('whoever stops a run with sub-agents', () => {
  it('stops these too, and those below them', async () => {
    const inner = scriptOf({ calls: [delegate(asks)] }, { text: 'Inner.' });
    const { runId } = await begin([{ calls: [delegate(inner), delegate(sends('never'))] }]);
    await once(runId);
    const [child, other] = await children(runId);
    await once(String(child?.id));
    const grandchild = await firstChild(String(child?.id));
    expect((await act(runId, 'cancel')).status).toBe('cancelled');
    for (const id of [child?.id, other?.id, grandchild.id])
      expect((await look(String(id))).status).toBe('cancelled');
    await drive(runId);
    expect(arrived).toEqual([]);
    const { rows } = await cloud.db.execute(
      sql`SELECT FROM dag_executions WHERE parent_run_id IN (${runId}, ${child?.id}) AND (status <> 'cancelled' OR sweep_after IS NOT NULL)`,
    );
    expect(rows).toEqual([]);
  });

  it('stops them also when nobody lives to tell them', async () => {
    const { runId } = await begin([{ calls: [delegate(sends('never')), delegate(asks)] }]);
    await once(runId);
    const runs = await children(runId);
    await once(String(runs[1]?.id));
    cloud.fetches.intercept = losing(/UPDATE dag_executions e SET cancel_requested/);
    await act(runId, 'cancel');
    cloud.fetches.intercept = (_service, _request, pass) => pass();
    expect((await children(runId)).map(({ status }) => status)).toEqual(['queued', 'waiting']);
    await sweep(cloud.context.engine);
    expect((await children(runId)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });

  it('lets none begin that has not', async () => {
    const { runId } = await begin([{ calls: [delegate(sends('never')), delegate(sends('never'))] }]);
    cloud.fetches.intercept = losing(/INSERT INTO agents/);
    await once(runId);
    cloud.fetches.intercept = (_service, _request, pass) => pass();
    expect(await children(runId)).toEqual([]);
    await cloud.db.execute(sql`UPDATE runs SET status = 'cancelled' WHERE id = ${runId}::text`);
    await sweepAll();
    await sweepAll();
    expect(await children(runId)).toEqual([]);
  });

  it('pauses them, and lets them go on with the run', async () => {
    const { runId } = await begin([{ calls: [delegate(sends('one')), delegate(asks)] }]);
    await once(runId);
    const [first, second] = await children(runId);
    await once(String(second?.id));
    expect((await act(runId, 'pause')).status).toBe('paused');
    expect((await children(runId)).map(({ status }) => status)).toEqual(['paused', 'paused']);
    expect(await drive(runId)).toBe('paused');
    expect(await act(runId, 'resume')).toMatchObject({ status: 'waiting', waitingFor: 'child' });
    expect((await look(String(first?.id))).status).toBe('queued');
    expect(await look(String(second?.id))).toMatchObject({ status: 'waiting', waitingFor: 'input' });
    await api.post(`/agents/${second?.agent_id}/messages`, { text: 'The first.' }, { token });
    expect(await drive(runId)).toBe('completed');
    expect(arrived).toEqual(['PUT one']);
  });

  it('finds them resumed by the sweeper when nobody lived to do it', async () => {
    const { runId } = await begin([{ calls: [delegate(sends('one'))] }]);
    await once(runId);
    await act(runId, 'pause');
    cloud.fetches.intercept = losing(/UPDATE dag_executions e SET cancel_requested/);
    await act(runId, 'resume');
    cloud.fetches.intercept = (_service, _request, pass) => pass();
    expect((await firstChild(runId)).status).toBe('paused');
    await sweep(cloud.context.engine);
    expect((await firstChild(runId)).status).toBe('queued');
    expect(await drive(runId)).toBe('completed');
  });

  it('finds what came of them in the meantime when it is resumed', async () => {
    const { runId } = await begin([{ calls: [delegate(asks)] }]);
    await drive(runId);
    const child = await firstChild(runId);
    await act(runId, 'pause');
    await act(child.id, 'cancel');
    expect((await look(runId)).status).toBe('paused');
    expect((await act(runId, 'resume')).status).toBe('queued');
    expect(await drive(runId)).toBe('completed');
  });
});

/** Loses the statements of a kind before they reach the database. */
const losing =
  (text: RegExp) =>
  async (service: string, request: Request, pass: () => Promise<Response>): Promise<Response> => {
    if (service === 'neon' && text.test(await request.clone().text()))
      return new Response('gone', { status: 400 });
    return pass();
  };

describe('a worker that dies', () => {
  it('between the plan and the wait leaves it to the next, which begins them once', async () => {
    const { runId } = await begin([{ calls: [delegate(sends('one'))] }]);
    cloud.fetches.intercept = losing(/child_execution AS/);
    await once(runId);
    cloud.fetches.intercept = (_service, _request, pass) => pass();
    expect(await look(runId)).toMatchObject({ status: 'running' });
    expect(await children(runId)).toEqual([]);
    await cloud.db.execute(
      sql`UPDATE runs SET lease_expires_at = engine_now(), sweep_after = engine_now() WHERE id = ${runId}::text`,
    );
    await sweep(cloud.context.engine);
    expect(await drive(runId)).toBe('completed');
    expect(await children(runId)).toHaveLength(1);
    expect(arrived).toEqual(['PUT one']);
  });

  it('right behind the wait leaves it to the sweeper', async () => {
    const { runId } = await begin([{ calls: [delegate(sends('one'))] }]);
    cloud.fetches.intercept = losing(/INSERT INTO agents/);
    await once(runId);
    cloud.fetches.intercept = (_service, _request, pass) => pass();
    expect(await look(runId)).toMatchObject({ status: 'waiting', waitingFor: 'child' });
    await sweepAll();
    expect(await drive(runId)).toBe('completed');
    expect(arrived).toEqual(['PUT one']);
  });

  it('before it tells of their end leaves it to the sweeper, too', async () => {
    const { runId } = await begin([{ calls: [delegate(says('Hi'))] }]);
    await once(runId);
    cloud.fetches.intercept = losing(/child_joined = true/);
    await once((await firstChild(runId)).id);
    cloud.fetches.intercept = (_service, _request, pass) => pass();
    expect(await look(runId)).toMatchObject({ status: 'waiting', waitingFor: 'child' });
    await sweepAll();
    expect(await drive(runId)).toBe('completed');
  });
});
