import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../test/support/database.ts';
import { addUser } from '../../test/support/runs.ts';
import { readAgentEvents, readRunEvents } from './run-events.ts';

const { db, close } = await openTestDatabase();

const putRun = (
  id: string,
  agentId: string,
  minute: number,
  events: number,
  status = 'completed',
  bytes = 0,
) =>
  db.execute(sql`WITH run AS (
      INSERT INTO runs (id, agent_id, organisation_id, user_id, workspace_id, prompt, provider, model, tools, max_steps, engine_version,
        status, event_seq, epoch, step_no, created_at)
      VALUES (${id}, ${agentId}, 'org_1', 'user_1', 'workspace_1', 'p', 'anthropic', 'm', '{}', 9, 1, ${status}, ${events}::int, 2, 3,
        timestamptz '2026-11-21 10:00Z' + make_interval(mins => ${minute}::int)))
    INSERT INTO run_events (run_id, seq, type, data, speech, created_at)
    SELECT ${id}, n, 'message.completed', jsonb_build_object('stepNo', n, 'text', repeat('x', ${bytes}::int)), 'Said.',
      '2026-11-21 10:00:00.5Z'
    FROM generate_series(1, ${events}::int) n`);

beforeAll(async () => {
  await addUser(db, 'user_1');
  await db.execute(sql`INSERT INTO workspaces (id, branch) VALUES ('workspace_1', 'b')`);
  await db.execute(sql`INSERT INTO agents (id, organisation_id, user_id, workspace_id, name, provider, model, tools, max_steps, archived_at)
    SELECT id, 'org_1', 'user_1', 'workspace_1', 'n', 'anthropic', 'm', '{}', 9, archived
    FROM (VALUES ('agent_1', null::timestamptz), ('agent_2', null), ('agent_idle', now())) AS v (id, archived)`);
  await putRun('run_b', 'agent_1', 1, 3);
  await putRun('run_a', 'agent_1', 2, 2, 'running');
  await putRun('run_long', 'agent_2', 1, 501);
  await putRun('run_fat', 'agent_2', 2, 4, 'completed', 1_500_000);
});
afterAll(() => close());

const places = (page: { events: { runId: string; seq: number }[] } | null) =>
  page?.events.map(({ runId, seq }) => `${runId}.${seq}`);

describe('reading events of a run', () => {
  it('brings what is behind the cursor with the state of the run', async () => {
    expect(await readRunEvents(db, 'run_a', 1)).toEqual({
      events: [
        {
          runId: 'run_a',
          seq: 2,
          type: 'message.completed',
          data: { stepNo: 2, text: '' },
          speech: 'Said.',
          at: '2026-11-21T10:00:00.500Z',
        },
      ],
      more: false,
      latest: {
        runId: 'run_a',
        agentId: 'agent_1',
        status: 'running',
        epoch: 2,
        stepNo: 3,
        eventSeq: 2,
        finishedAt: null,
      },
      cursorEnd: 2,
      stands: true,
      closed: true,
    });
  });

  it('brings 500 at a time and says that there are more', async () => {
    const first = await readRunEvents(db, 'run_long', 0);
    expect([first?.events.length, first?.more]).toEqual([500, true]);
    const second = await readRunEvents(db, 'run_long', 500);
    expect([places(second), second?.more]).toEqual([['run_long.501'], false]);
  });

  it('brings fewer when they are large, so that the answer stays below what Neon refuses', async () => {
    const page = await readRunEvents(db, 'run_fat', 0);
    expect([places(page), page?.more]).toEqual([['run_fat.1', 'run_fat.2'], true]);
  });

  it('finds nothing of a run that does not exist', async () => {
    expect(await readRunEvents(db, 'run_none', 0)).toBeNull();
  });
});

describe('reading events of an agent', () => {
  it('goes through its runs in the order of their creation', async () => {
    const page = await readAgentEvents(db, 'agent_1', null);
    expect(places(page)).toEqual(['run_b.1', 'run_b.2', 'run_b.3', 'run_a.1', 'run_a.2']);
    expect(page).toMatchObject({
      more: false,
      cursorEnd: null,
      stands: true,
      closed: false,
      latest: { runId: 'run_a' },
    });
  });

  it('goes on behind a cursor and into the next run', async () => {
    const page = await readAgentEvents(db, 'agent_1', { runId: 'run_b', seq: 2 });
    expect(places(page)).toEqual(['run_b.3', 'run_a.1', 'run_a.2']);
    expect(page?.cursorEnd).toBe(3);
  });

  it('goes on from one run into the next over pages', async () => {
    const first = await readAgentEvents(db, 'agent_2', { runId: 'run_long', seq: 3 });
    expect([first?.events.length, first?.events.at(-1)?.runId, first?.more]).toEqual([500, 'run_fat', true]);
  });

  it.each(['run_none', 'run_long'])(
    'takes the cursor of %s, which is not its run, for gone',
    async (runId) => {
      const page = await readAgentEvents(db, 'agent_1', { runId, seq: 1 });
      expect([places(page), page?.cursorEnd, page?.latest?.runId]).toEqual([[], null, 'run_a']);
    },
  );

  it('says that an agent without runs has none, and that an archived one gets none', async () => {
    expect(await readAgentEvents(db, 'agent_idle', null)).toEqual({
      events: [],
      more: false,
      latest: null,
      cursorEnd: null,
      stands: true,
      closed: true,
    });
  });

  it('finds nothing of an agent that does not exist', async () => {
    expect(await readAgentEvents(db, 'agent_none', null)).toBeNull();
  });
});
