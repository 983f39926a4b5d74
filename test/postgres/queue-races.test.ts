import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { archiveAgent } from '../../src/store/agents.ts';
import { editQueued, isQueueFull, queueMessage, withdrawQueued } from '../../src/store/runs/after-run.ts';
import type { NewEvent } from '../../src/store/runs/move.ts';
import { startRun } from '../../src/store/runs/start.ts';
import { eventTypes, queuedRun } from '../support/runs.ts';
import { describeRaces, race } from './races.ts';

const queuedEvent: NewEvent = { type: 'run.queued', data: { prompt: '' }, speech: null };

describeRaces('about a queue', (races) => {
  const { claim } = races;
  const finishWith = (runId: string, workspaceId: string) =>
    races.commit(runId, { intent: 'finish', workspaceId });

  /** Works off a run and all that are queued behind it, and gives the prompts of those, in order. */
  const workOff = async (runId: string, workspaceId: string) => {
    for (let next: string | undefined = runId; next; ) {
      await claim(next);
      const moved = await finishWith(next, workspaceId);
      expect(moved).toMatchObject({ status: 'completed' });
      next = moved?.started?.runId;
    }
    const { rows } = await races.db.execute<{ id: string; prompt: string }>(
      sql`SELECT id, prompt FROM runs WHERE workspace_id = ${workspaceId} AND id <> ${runId} ORDER BY created_at`,
    );
    for (const { id } of rows) {
      expect(await eventTypes(races.db, id)).toMatchObject({ 0: 'run.queued' });
      expect((await eventTypes(races.db, id)).at(-1)).toBe('run.completed');
    }
    return rows.map(({ prompt }) => prompt);
  };

  it('queue messages while runs end: each starts one run or is refused', async () => {
    for (let round = 0; round < 3; round++) {
      const { runId, agentId, workspaceId } = await queuedRun(races.db);
      let ending: Promise<string[]> | undefined;
      const say = async (racer: number): Promise<'queued' | 'started' | 'full'> => {
        for (;;) {
          const message = { agentId, messageId: `${runId}-${racer}`, text: String(racer), speech: null };
          if (await queueMessage(races.db, message)) return 'queued';
          if (await isQueueFull(races.db, agentId)) return 'full';
          const run = {
            runId: `${runId}-idle-${racer}`,
            agentId,
            prompt: String(racer),
            engineVersion: 1,
            event: queuedEvent,
          };
          if (await startRun(races.db, run)) return 'started';
        }
      };
      const said = await race((racer) => {
        if (racer === 8) ending = workOff(runId, workspaceId);
        return say(racer);
      });
      await ending;
      const { rows: active } = await races.db.execute<{ id: string }>(
        sql`SELECT id FROM runs WHERE agent_id = ${agentId} AND status NOT IN ('completed', 'failed', 'cancelled')`,
      );
      if (active[0]) await workOff(active[0].id, workspaceId);
      const { rows } = await races.db.execute<{ prompt: string }>(
        sql`SELECT prompt FROM runs WHERE agent_id = ${agentId} AND id <> ${runId}`,
      );
      const heard = rows.map(({ prompt }) => Number(prompt)).sort((a, b) => a - b);
      expect(heard).toEqual(said.flatMap((outcome, racer) => (outcome === 'full' ? [] : [racer])));
    }
  });

  it('change queued messages while their runs begin: what begins is what was said last', async () => {
    for (let round = 0; round < 4; round++) {
      const { runId, agentId, workspaceId } = await queuedRun(races.db);
      const id = (n: number) => `${runId}-${n}`;
      for (let n = 0; n < 16; n++) {
        await queueMessage(races.db, { agentId, messageId: id(n), text: `${n}`, speech: null });
      }
      let ending: Promise<string[]> | undefined;
      const changed = await race((racer) => {
        if (racer === 8) ending = workOff(runId, workspaceId);
        const message = { agentId, messageId: id(racer % 16), speech: null };
        return racer % 4 === 0
          ? withdrawQueued(races.db, message)
          : editQueued(races.db, { ...message, text: `${racer % 16} by ${racer}` });
      });
      const prompts = (await ending) ?? [];
      const { rows } = await races.db.execute<{ text: string; begun: string | null }>(
        sql`SELECT m.text, r.prompt AS begun FROM messages m LEFT JOIN runs r ON r.prompt_message_id = m.id
          WHERE m.agent_id = ${agentId} AND m.withdrawn_at IS NULL ORDER BY m.created_at`,
      );
      expect(rows.map(({ begun }) => begun)).toEqual(prompts);
      expect(rows.map(({ text }) => text)).toEqual(prompts);
      const withdrawn = changed.filter((won, racer) => racer % 4 === 0 && won !== null);
      expect(prompts).toHaveLength(16 - withdrawn.length);
    }
  });

  /** Holds a run's row, so that what comes next has its snapshot and waits. */
  const hold = async (runId: string) => {
    await races.db.execute(sql`WITH held AS (UPDATE runs SET told = told WHERE id = ${runId} RETURNING id)
      SELECT pg_sleep(1) FROM held`);
  };
  /** Waits until a session waits in this way; on a busy machine that takes its time. */
  const untilSessionWaits = async (event: 'PgSleep' | 'Lock') => {
    for (let look = 0; look < 40; look++) {
      const { rows } = await races.db.execute<{ waiting: number }>(sql`SELECT count(*)::int AS waiting
        FROM pg_stat_activity WHERE datname = current_database()
        AND ${event}::text IN (wait_event, wait_event_type)`);
      if (rows[0]?.waiting) return;
      await delay(25);
    }
  };

  it('queue a message while the end of the run waits for its row: it starts its run', async () => {
    const { runId, agentId, workspaceId } = await queuedRun(races.db);
    await claim(runId);
    const held = hold(runId);
    await untilSessionWaits('PgSleep');
    const queued = queueMessage(races.db, {
      agentId,
      messageId: `${runId}-a`,
      text: 'next',
      speech: null,
    });
    await untilSessionWaits('Lock');
    const [moved] = await Promise.all([finishWith(runId, workspaceId), queued, held]);
    expect(await queued).toMatchObject({ runId });
    expect(moved?.started).toMatchObject({ status: 'queued' });
  });

  it('archive an agent while the end of its run waits for its row: it starts nothing', async () => {
    const { runId, agentId, organisationId, workspaceId } = await queuedRun(races.db);
    await queueMessage(races.db, { agentId, messageId: `${runId}-a`, text: 'next', speech: null });
    await claim(runId);
    const held = hold(runId);
    await untilSessionWaits('PgSleep');
    const finished = finishWith(runId, workspaceId);
    await untilSessionWaits('Lock');
    await archiveAgent(races.db, organisationId, agentId);
    expect(await finished).toMatchObject({ status: 'completed', started: null });
    await held;
  });

  it('archive an agent while its run ends: nothing starts behind the archiving, and nobody deadlocks', async () => {
    for (let round = 0; round < 8; round++) {
      const { runId, agentId, organisationId, workspaceId } = await queuedRun(races.db);
      await queueMessage(races.db, { agentId, messageId: `${runId}-a`, text: 'next', speech: null });
      await claim(runId);
      const [finished, ...behind] = await race(async (racer) => {
        if (racer === 0) return (await finishWith(runId, workspaceId))?.started?.runId;
        if (racer % 2 === 0) {
          const run = { runId: `${runId}-${racer}`, agentId, prompt: 'again', engineVersion: 1 };
          return startRun(races.db, { ...run, event: queuedEvent });
        }
        await archiveAgent(races.db, organisationId, agentId);
        const { rows } = await races.db.execute<{ id: string }>(
          sql`SELECT id FROM runs WHERE agent_id = ${agentId} AND status = 'queued'`,
        );
        return rows.map(({ id }) => id).join();
      });
      const { rows } = await races.db.execute<{ id: string }>(
        sql`SELECT id FROM runs WHERE agent_id = ${agentId} AND id <> ${runId}`,
      );
      expect(rows.length).toBeLessThanOrEqual(1);
      if (finished) expect(rows).toEqual([{ id: finished }]);
      // Whoever archived sees whatever had been started, and nothing is after that.
      const started = rows.map(({ id }) => id).join();
      for (const seen of behind.filter((_, at) => at % 2 === 0)) expect(seen).toBe(started);
    }
  });
});
