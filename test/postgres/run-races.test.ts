import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { decideApproval } from '../../src/store/approvals.ts';
import { cancelRun, pauseRun, resumeRun } from '../../src/store/runs/control.ts';
import { forkAgent } from '../../src/store/runs/fork.ts';
import { startRun } from '../../src/store/runs/start.ts';
import { planStep } from '../../src/store/runs/step.ts';
import { rotateSession, startSession } from '../../src/store/sessions.ts';
import { beginSignIn } from '../../src/store/sign-ins.ts';
import { event, eventTypes, outOfSteps, queuedRun, stepRow } from '../support/runs.ts';
import { APPROVAL_TTL_MS, control, LEASE_MS, operationId } from '../support/worker.ts';
import { describeRaces, race, winners } from './races.ts';

describeRaces('about a run', (races) => {
  const { claim, commit, row, sweep } = races;

  it('claim a run: one wins', async () => {
    const { runId } = await queuedRun(races.db);
    expect(winners(await race(() => claim(runId)))).toMatchObject([{ epoch: 1, status: 'running' }]);
    expect(await eventTypes(races.db, runId)).toEqual(['run.queued', 'run.started']);
  });

  it('take up a run that was cancelled: one does', async () => {
    const { runId, agentId } = await queuedRun(races.db);
    await cancelRun(races.db, control(runId, 'run.cancelled'));
    const retried = await race((racer) =>
      startRun(races.db, {
        runId: `${runId}-${racer}`,
        agentId,
        prompt: 'Go on',
        engineVersion: 1,
        event: event('run.started'),
        retryOf: runId,
      }),
    );
    expect(retried.filter((won) => won)).toHaveLength(1);
  });

  it('resume a paused run: one dispatches it', async () => {
    const { runId } = await queuedRun(races.db);
    await pauseRun(races.db, control(runId, 'run.paused'));
    const resumed = await race(() => resumeRun(races.db, control(runId, 'run.resumed')));
    expect(winners(resumed)).toMatchObject([{ status: 'queued', dispatchNo: 3 }]);
    expect(await eventTypes(races.db, runId)).toEqual(['run.queued', 'run.paused', 'run.resumed']);
  });

  it('sweep a lost run: one dispatches it anew', async () => {
    const { runId } = await queuedRun(races.db);
    await claim(runId);
    await races.db.execute(
      sql`UPDATE runs SET lease_expires_at = engine_now(), sweep_after = engine_now() WHERE id = ${runId}`,
    );
    const swept = await race(() => sweep());
    expect(swept.flat().filter((run) => run.runId === runId)).toMatchObject([
      { dispatchNo: 2, status: 'queued' },
    ]);
  });

  it('cancel and pause a run: it ends once, and the next one starts once', async () => {
    const { runId, agentId } = await queuedRun(races.db);
    await race((racer) =>
      racer % 2
        ? cancelRun(races.db, control(runId, 'run.cancelled'))
        : pauseRun(races.db, control(runId, 'run.paused')),
    );
    const types = await eventTypes(races.db, runId);
    expect(types.filter((type) => type === 'run.cancelled')).toHaveLength(1);
    expect(types.at(-1)).toBe('run.cancelled');
    const next = { agentId, prompt: 'more', engineVersion: 1, event: event('run.started') };
    const started = await race((racer) => startRun(races.db, { ...next, runId: `${runId}-${racer}` }));
    expect(started.filter(Boolean)).toHaveLength(1);
  });

  it('fork an agent while its run commits: each fork has all of a step or none of it', async () => {
    const { runId, agentId, organisationId, userId, workspaceId } = await queuedRun(races.db);
    await claim(runId);
    const commitNo = (stepNo: number) =>
      commit(runId, {
        intent: 'continue',
        workspaceId,
        step: stepRow(stepNo),
        changes: {
          baseSha: `sha-${stepNo}`,
          put: ['a', 'b', `only-${stepNo}`].map((path) => ({ path, content: `${stepNo}` })),
          removed: stepNo > 1 ? [`only-${stepNo - 1}`] : [],
        },
      });
    await commitNo(1);
    const committing = (async () => {
      for (let stepNo = 2; stepNo <= 40; stepNo++) await commitNo(stepNo);
    })();
    const forks = await race(async (racer) => {
      const id = `${agentId}-fork-${racer}`;
      const at = racer % 2 ? { runId: null, stepNo: null } : { runId, stepNo: 1 };
      const fork = {
        ...at,
        organisationId,
        userId,
        agentId,
        id,
        workspaceId: `${id}-w`,
        branch: id,
        name: null,
      };
      expect(await forkAgent(races.db, fork, null)).toBe(true);
      const { rows } = await races.db.execute<{ step: number; base: string; files: string[] }>(
        sql`SELECT parent_step_no AS step, base_sha AS base, ARRAY(SELECT path || '=' || content FROM workspace_files f
          WHERE f.workspace_id = w.id ORDER BY path) AS files FROM workspaces w WHERE id = ${fork.workspaceId}`,
      );
      return { wanted: at.stepNo, ...rows[0] };
    });
    await committing;
    for (const { wanted, step, base, files } of forks) {
      if (wanted !== null) expect(step).toBe(wanted);
      expect([base, files]).toEqual([`sha-${step}`, [`a=${step}`, `b=${step}`, `only-${step}=${step}`]]);
    }
  });

  it.each([false, true])(
    'decide two approvals (and cancel: %s): each once, without a deadlock',
    async (cancels) => {
      const { runId } = await queuedRun(races.db);
      await claim(runId);
      const calls = [0, 1].map((ordinal) => ({
        id: `${runId}-call-${ordinal}`,
        ordinal,
        providerCallId: `toolu_${ordinal}`,
        name: 'commit',
        state: 'awaitingApproval' as const,
        marked: false,
        argumentsSha256: 'aa',
        output: null,
        result: null,
      }));
      await planStep(races.db, {
        runId,
        epoch: 1,
        operationId: operationId(),
        leaseMs: LEASE_MS,
        step: stepRow(1),
        calls,
        approvals: calls.map(({ id, ordinal }) => ({
          id: `${runId}-${ordinal}`,
          toolCallId: id,
          argumentsSha256: 'aa',
        })),
        approvalTtlMs: APPROVAL_TTL_MS,
        events: [],
        outcomes: { cancelled: event('run.cancelled'), paused: event('run.paused'), waiting: outOfSteps },
      });
      const decide = (racer: number) =>
        decideApproval(races.db, {
          runId,
          approvalId: `${runId}-${racer % 2}`,
          operationId: operationId(),
          allows: racer % 3 > 0,
          reason: null,
          refused: { state: 'denied', output: 'no' },
          event: event('run.resumed'),
          resumed: event('run.started'),
        });
      const results = await race((racer) =>
        cancels && racer % 8 === 7 ? cancelRun(races.db, control(runId, 'run.cancelled')) : decide(racer),
      );
      const { rows: open } = await races.db.execute(
        sql`SELECT id FROM approvals WHERE run_id = ${runId} AND state = 'pending'`,
      );
      expect(open).toEqual([]);
      await eventTypes(races.db, runId);
      if (cancels) expect(await row(runId)).toMatchObject({ status: 'cancelled' });
      else {
        expect(winners(results)).toHaveLength(2);
        expect(await row(runId)).toMatchObject({ status: 'queued', open_waits: 0, dispatch_no: 2 });
      }
      const { rows: written } = await races.db.execute(
        sql`SELECT id FROM tool_calls WHERE run_id = ${runId} AND step_no = 1`,
      );
      expect(written).toHaveLength(2);
    },
  );

  it('refresh a session: all get the same successor, and none is taken for a thief', async () => {
    const { userId } = await queuedRun(races.db);
    const session = { id: `session-${userId}`, userId, refreshHash: 'first', githubToken: null };
    await beginSignIn(races.db, 'state', { codeChallenge: '', redirectUri: '' });
    await startSession(races.db, { ...session, stateHash: 'state', userAgent: null });
    const rotation = { sessionId: session.id, hash: 'first', successorHash: 'second' };
    const outcomes = await race(() => rotateSession(races.db, rotation));
    expect(outcomes).toEqual(outcomes.map(() => ({ outcome: 'granted', userId })));
  });
});
