import { sql } from 'drizzle-orm';
import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openTestDatabase } from '../../test/support/database.ts';
import { addUser } from '../../test/support/runs.ts';
import { createRedis } from '../local/redis/redis.ts';
import { query } from '../store/database.ts';
import { followAgent, followRun } from './follow.ts';
import type { FollowItem } from './follow-item.ts';
import { createLiveFeed } from './redis-live.ts';
import { sseStream } from './sse.ts';
import type { RunEventType, StoredEvent } from './types.ts';

// Followers over the local Neon and the local Redis, through the official clients, in real time.

const database = await openTestDatabase();
const { db } = database;
const redis = createRedis({ token: 'secret' });
const live = createLiveFeed({ url: 'https://redis.local', token: 'secret', timeoutMs: 500 });
let redisIsAway = false;
let runNo = 0;

beforeAll(async () => {
  vi.stubGlobal('fetch', async (input: string, init: RequestInit) => {
    if (redisIsAway) throw new TypeError('fetch failed');
    return redis.fetch(new Request(input, init));
  });
  await addUser(db, 'user_1');
  await db.execute(sql`INSERT INTO workspaces (id, branch) VALUES ('workspace_1', 'b')`);
  await db.execute(sql`INSERT INTO agents (id, organisation_id, user_id, workspace_id, name, provider, model, tools, max_steps)
    VALUES ('agent_1', 'org_1', 'user_1', 'workspace_1', 'n', 'anthropic', 'm', '{}', 9)`);
});
beforeEach(async () => {
  redisIsAway = false;
  await db.execute(sql`DELETE FROM runs`);
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await Promise.all([database.close(), redis.close()]);
});

async function createRun(): Promise<string> {
  const runId = `run_${++runNo}`;
  await db.execute(sql`INSERT INTO runs (id, agent_id, organisation_id, user_id, workspace_id, prompt, provider, model, tools, max_steps,
      engine_version, status, epoch)
    VALUES (${runId}, 'agent_1', 'org_1', 'user_1', 'workspace_1', 'p', 'anthropic', 'm', '{}', 9, 1, 'running', 1)`);
  return runId;
}

/** Commits an event as a transition does, in one statement with the run's state (E9), and gives it. */
async function commit(
  runId: string,
  type: RunEventType,
  data: Record<string, unknown> = {},
): Promise<StoredEvent> {
  const [event] = await query<StoredEvent & Record<string, unknown>>(
    db,
    sql`WITH moved AS (
        UPDATE runs SET event_seq = event_seq + 1,
          status = CASE WHEN ${type}::text = 'run.completed' THEN 'completed' ELSE status END
        WHERE id = ${runId}::text RETURNING *)
      INSERT INTO run_events (run_id, seq, type, data)
      SELECT id, event_seq, ${type}::text, ${JSON.stringify(data)}::jsonb FROM moved
      RETURNING seq, type, data, speech, created_at::text AS at`,
  );
  if (!event) throw new Error(`${runId} is gone`);
  return event;
}

const publish = async (runId: string, type: RunEventType, data?: Record<string, unknown>) =>
  live.publish('agent_1', runId, [await commit(runId, type, data)]);

function collect(items: AsyncIterable<FollowItem>) {
  const got: FollowItem[] = [];
  const done = (async () => {
    for await (const item of items) got.push(item);
    return got.map((item) => (item.kind === 'event' ? item.id : item.type));
  })();
  return { got, done };
}
const follow = (runId: string) =>
  collect(
    followRun({ db, live }, { runId, agentId: 'agent_1', after: 0, signal: new AbortController().signal }),
  );
const has = (got: FollowItem[], count: number) =>
  vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(count));

describe('followers over Neon and Redis', () => {
  it('see the same sequence, whenever they come', async () => {
    const runId = await createRun();
    await publish(runId, 'run.queued');
    const early = follow(runId);
    await has(early.got, 1);
    await publish(runId, 'run.started');
    await live.flush('agent_1', runId, { stepNo: 1, attempt: 1, from: 0, text: 'I will look' });
    await has(early.got, 3);
    const late = follow(runId);
    await has(late.got, 3);
    await publish(runId, 'message.completed', { stepNo: 1, text: 'I will look' });
    await publish(runId, 'run.completed');
    const story = ['1', '2', 'message.delta', '3', '4'];
    expect(await early.done).toEqual(story);
    expect(await late.done).toEqual(story);
    expect(await follow(runId).done).toEqual(['1', '2', '3', '4']);
  });

  it('lose nothing when Redis goes away and comes back', async () => {
    const runId = await createRun();
    await publish(runId, 'run.queued');
    const { got, done } = follow(runId);
    await has(got, 1);
    redisIsAway = true;
    redis.dropSubscribers();
    await publish(runId, 'run.started');
    await publish(runId, 'run.paused');
    const since = performance.now();
    await vi.waitFor(() => expect(got).toHaveLength(3), { timeout: 3_000 });
    expect(performance.now() - since).toBeLessThan(2_500);
    redisIsAway = false;
    await publish(runId, 'run.completed');
    expect(await done).toEqual(['1', '2', '3', '4']);
  });

  it('go on into the next run of an agent, and reach a client as server-sent events', async () => {
    const first = await createRun();
    await publish(first, 'run.queued');
    const control = new AbortController();
    const ids: (string | undefined)[] = [];
    const parser = createParser({ onEvent: ({ id }) => ids.push(id) });
    const reading = (async () => {
      const stream = sseStream(
        (signal) => followAgent({ db, live }, { agentId: 'agent_1', after: null, signal }),
        { signal: control.signal },
      );
      for await (const text of stream.pipeThrough(new TextDecoderStream())) parser.feed(text);
    })();
    await vi.waitFor(() => expect(ids).toHaveLength(1));
    await publish(first, 'run.completed');
    const second = await createRun();
    await publish(second, 'run.queued');
    await vi.waitFor(() => expect(ids).toEqual([`${first}.1`, `${first}.2`, `${second}.1`]));
    control.abort();
    await reading;
  });
});
