import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, openCloud } from '../../test/support/cloud.ts';
import { isModeNamed } from '../../test/support/mode.ts';
import { eventTypes } from '../../test/support/runs.ts';
import { cancelRun, pauseRun } from '../store/runs/control.ts';
import { addMessage } from '../store/runs/inbox.ts';
import { createAgent } from '../store/runs/start.ts';
import { getTool, toolNames } from '../tools/catalog.ts';
import { advance } from './advance.ts';
import { announce, CANCELLED, PAUSED, RESUMED } from './announce.ts';
import { ENGINE_VERSION } from './engine.ts';

let cloud: Cloud;
let userId: string;
let baseSha: string;

beforeAll(async () => {
  cloud = await openCloud({ env: { STEPS_PER_CALLBACK: '4' } });
  userId = (await cloud.signIn('demo')).user.id;
  const github = cloud.context.github.forToken(await cloud.github.issueToken('demo'));
  baseSha = (await github.getBranch('demo/todo-api', 'main')).sha;
});
afterAll(() => cloud.close());
afterEach(() => {
  cloud.fetches.intercept = (_service, _request, send) => send();
});

interface Turn {
  text?: string;
  calls?: { name: string; input: Record<string, unknown> }[];
  stopReason?: string;
  repeat?: number;
}

const script = (...turns: Turn[]) => `Play this.\n\`\`\`script\n${JSON.stringify(turns)}\n\`\`\``;

/** A queued run of a new agent on the sample repository. */
async function start(prompt: string, maxSteps = 500) {
  const { newId } = cloud.context;
  const agentId = newId('agent');
  const runId = newId('run');
  await createAgent(
    cloud.db,
    {
      id: agentId,
      organisationId: userId.replace('user_', 'org_'),
      userId,
      name: 'Agent',
      instructions: null,
      provider: 'anthropic',
      model: 'claude-sonnet-5',
      // What an agent gets that names none; a tool of the generator would make the scripted model generate.
      tools: toolNames.filter((name) => !getTool(name)?.onlyByName),
      policies: {},
      maxSteps,
      workspace: {
        id: newId('workspace'),
        repository: 'demo/todo-api',
        baseBranch: 'main',
        branch: `cadence/${agentId}`,
        baseSha,
      },
    },
    {
      runId,
      agentId,
      prompt,
      engineVersion: ENGINE_VERSION,
      event: announce({ type: 'run.queued', data: { prompt } }),
    },
  );
  return { agentId, runId };
}

/** The row of a run, as the tests look at it. */
async function look(runId: string) {
  const { rows } = await cloud.db.execute<Record<string, unknown>>(
    sql`SELECT status, waiting_for, step_no, epoch, dispatch_no, summary, error, failures FROM runs WHERE id = ${runId}`,
  );
  return rows[0] ?? {};
}

/** Delivers what is due until the run rests. */
async function drive(runId: string): Promise<Record<string, unknown>> {
  for (let delivery = 0; delivery < 200; delivery++) {
    const run = await look(runId);
    if (run.status !== 'queued') return run;
    await advance(cloud.context.engine, { runId, dispatchNo: Number(run.dispatch_no) });
  }
  throw new Error(`${runId} does not come to rest`);
}

const requestsTo = (service: string, since: number) =>
  cloud.fetches.log.slice(since).filter((request) => request.service === service);

describe('a run', () => {
  it('does the main job: reads, edits, commits and opens a pull request', async () => {
    const { runId, agentId } = await start('Add a DELETE /todos/:id endpoint with a test');
    expect(await drive(runId)).toMatchObject({ status: 'completed', error: null });
    const types = await eventTypes(cloud.db, runId);
    expect(types[0]).toBe('run.queued');
    expect(types.at(-1)).toBe('run.completed');
    expect(types).toContain('commit.created');
    expect(types).toContain('pullRequest.opened');
    expect(types).not.toContain('toolCall.failed');
    const github = cloud.context.github.forToken(await cloud.github.issueToken('demo'));
    const pull = await github.findOpenPull('demo/todo-api', { head: `cadence/${agentId}`, base: 'main' });
    expect(pull).not.toBeNull();
  });

  it('answers a plain question in one step', async () => {
    const { runId } = await start('What can you do?');
    expect(await drive(runId)).toMatchObject({ status: 'completed', step_no: 1 });
    expect(await eventTypes(cloud.db, runId)).toEqual([
      'run.queued',
      'run.started',
      'message.completed',
      'run.completed',
    ]);
  });

  it('gives a bad call back to the model and goes on', async () => {
    const { runId } = await start(
      script(
        { calls: [{ name: 'read_file', input: { path: 12 } }] },
        { calls: [{ name: 'no_such_tool', input: {} }] },
        { calls: [{ name: 'read_file', input: { path: '../etc/passwd' } }] },
      ),
    );
    expect(await drive(runId)).toMatchObject({ status: 'completed', step_no: 4 });
    expect((await eventTypes(cloud.db, runId)).filter((type) => type === 'toolCall.failed')).toHaveLength(3);
  });

  it('runs no call of a turn that was cut off, and tells the model', async () => {
    const { runId } = await start(
      script({
        text: 'Writing',
        calls: [{ name: 'write_file', input: { path: 'a', content: 'b' } }],
        stopReason: 'max_tokens',
      }),
    );
    expect(await drive(runId)).toMatchObject({ status: 'completed' });
    const { rows } = await cloud.db.execute(sql`SELECT state FROM tool_calls WHERE run_id = ${runId}`);
    expect(rows.every(({ state }) => state === 'skipped')).toBe(true);
    expect(await eventTypes(cloud.db, runId)).not.toContain('file.changed');
  });

  it('fails when the model refuses, and what it cost is recorded', async () => {
    const { runId } = await start(script({ text: 'I would rather not', stopReason: 'refusal' }));
    expect(await drive(runId)).toMatchObject({ status: 'failed', error: { code: 'modelRefused' } });
  });

  it('hears a message that arrives while it works, before it finishes', async () => {
    const { runId, agentId } = await start(
      script({ calls: [{ name: 'list_files', input: {} }] }, { text: 'Bye' }),
    );
    let sent = false;
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'model' && !sent) {
        sent = true;
        await addMessage(cloud.db, {
          agentId,
          messageId: cloud.context.newId('message'),
          text: 'Be brief',
          speech: null,
          resumed: RESUMED(),
        });
      }
      return send();
    };
    expect(await drive(runId)).toMatchObject({ status: 'completed' });
    const { rows } = await cloud.db.execute<{ content: { text?: string }[] }>(
      sql`SELECT content FROM steps WHERE run_id = ${runId} ORDER BY step_no`,
    );
    expect(JSON.stringify(rows)).toContain('Be brief');
  });

  it('stops at the step limit and waits for its budget', async () => {
    const { runId } = await start(
      script({ calls: [{ name: 'search_code', input: { pattern: 'todo{n}' } }], repeat: 20 }),
      6,
    );
    expect(await drive(runId)).toMatchObject({ status: 'waiting', waiting_for: 'budget', step_no: 6 });
  });

  it('pauses at the next commit', async () => {
    const { runId } = await start(script({ calls: [{ name: 'list_files', input: {} }], repeat: 3 }));
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'model') {
        await pauseRun(cloud.db, { runId, operationId: crypto.randomUUID(), event: PAUSED() });
      }
      return send();
    };
    expect(await drive(runId)).toMatchObject({ status: 'paused', step_no: 1 });
  });
});

describe('a burst', () => {
  it('is over for the step that outlasted it: no other one starts', async () => {
    const { runId } = await start(script({ calls: [{ name: 'list_files', input: {} }], repeat: 3 }));
    const { engine } = cloud.context;
    let now = 0;
    cloud.fetches.intercept = (service, _request, send) => {
      if (service === 'model') now += 60_000;
      return send();
    };
    expect(await advance({ ...engine, now: () => now }, { runId, dispatchNo: 1 })).toEqual({
      kind: 'accepted',
      status: 'queued',
      steps: 1,
    });
  });
});

describe('a cancel', () => {
  it('ends a model stream by the flag that the flush brings back, and its text stays readable', async () => {
    const text = 'word '.repeat(400);
    const slow = await openScript(text);
    const { runId, agentId } = slow;
    let flushes = 0;
    cloud.fetches.intercept = async (service, _request, send) => {
      const response = await send();
      if (service === 'redis' && ++flushes === 2) {
        await cancelRun(cloud.db, { runId, operationId: crypto.randomUUID(), event: CANCELLED() });
        await cloud.context.live.requestCancel(runId);
      }
      return response;
    };
    expect(await drive(runId)).toMatchObject({ status: 'cancelled', step_no: 0 });
    expect(await eventTypes(cloud.db, runId)).toEqual([
      'run.queued',
      'run.started',
      'message.completed',
      'run.cancelled',
    ]);
    expect(agentId).toMatch(/^agent_/);
  });

  const openScript = (text: string) =>
    start(`Play this.\n\`\`\`script\n${JSON.stringify([{ text, chunkDelayMs: 20 }])}\n\`\`\``);
});

describe('what goes wrong outside', () => {
  it('tries an overloaded model again after a wait that followers see', async () => {
    const { runId } = await start('What can you do?');
    let refused = 0;
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'model' && refused++ === 0) {
        return Response.json(
          { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
          { status: 529 },
        );
      }
      return send();
    };
    expect(await drive(runId)).toMatchObject({
      status: 'waiting',
      waiting_for: 'timer',
      failures: 1,
      dispatch_no: 2,
    });
    await cloud.db.execute(sql`UPDATE runs SET wake_at = engine_now() WHERE id = ${runId}`);
    expect(await advance(cloud.context.engine, { runId, dispatchNo: 2 })).toMatchObject({
      status: 'completed',
      steps: 1,
    });
    expect(await eventTypes(cloud.db, runId)).toEqual([
      'run.queued',
      'run.started',
      'model.retrying',
      'message.completed',
      'run.completed',
    ]);
  });

  it('ends the run when GitHub has shut the user out', async () => {
    const { runId } = await start(script({ calls: [{ name: 'list_files', input: {} }] }));
    cloud.fetches.intercept = async (service, _request, send) =>
      service === 'github' ? Response.json({ message: 'Bad credentials' }, { status: 401 }) : send();
    expect(await drive(runId)).toMatchObject({ status: 'failed', error: { code: 'accessLost' } });
  });

  it('puts a step off while GitHub is away, and does not ask the model again', async () => {
    const { runId } = await start(script({ calls: [{ name: 'list_files', input: {} }] }));
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'github') throw new TypeError('connection refused');
      return send();
    };
    expect(await drive(runId)).toMatchObject({ status: 'waiting', waiting_for: 'timer', step_no: 0 });
    cloud.fetches.intercept = (_service, _request, send) => send();
    await cloud.db.execute(sql`UPDATE runs SET wake_at = engine_now() WHERE id = ${runId}`);
    const since = cloud.fetches.log.length;
    await advance(cloud.context.engine, { runId, dispatchNo: 2 });
    expect(await drive(runId)).toMatchObject({ status: 'completed' });
    expect(requestsTo('model', since)).toHaveLength(1);
    expect((await eventTypes(cloud.db, runId)).filter((type) => type === 'toolCall.completed')).toHaveLength(
      1,
    );
  });

  it('repeats a planned step after a worker died, and the branch has its commit once', async () => {
    const { runId, agentId } = await start(
      script({
        calls: [
          { name: 'write_file', input: { path: 'NOTES.md', content: 'hello\n' } },
          { name: 'commit', input: { message: 'Add notes' } },
        ],
      }),
    );
    let dying = false;
    cloud.fetches.intercept = async (service, request, send) => {
      if (dying && service === 'neon') throw new TypeError('the worker is gone');
      const response = await send();
      if (service === 'github' && request.method === 'POST' && request.url.endsWith('/git/refs'))
        dying = true;
      return response;
    };
    await expect(advance(cloud.context.engine, { runId, dispatchNo: 1 })).rejects.toThrow();
    cloud.fetches.intercept = (_service, _request, send) => send();
    expect(await advance(cloud.context.engine, { runId, dispatchNo: 1 })).toMatchObject({ kind: 'busy' });
    await cloud.db.execute(sql`UPDATE runs SET lease_expires_at = engine_now() WHERE id = ${runId}`);
    await advance(cloud.context.engine, { runId, dispatchNo: 1 });
    expect(await drive(runId)).toMatchObject({ status: 'completed' });
    const github = cloud.context.github.forToken(await cloud.github.issueToken('demo'));
    const commits = await github.listCommits('demo/todo-api', `cadence/${agentId}`, 10);
    expect(commits.filter(({ message }) => message.startsWith('Add notes'))).toHaveLength(1);
    expect((await eventTypes(cloud.db, runId)).filter((type) => type === 'commit.created')).toHaveLength(1);
  });
});

describe.skipIf(isModeNamed)('what a step costs', () => {
  it('is one statement with pure tools, two with effects, and the same at step 5 and at step 200', async () => {
    const { runId } = await start(
      script({
        text: 'Looking.',
        calls: [{ name: 'search_code', input: { pattern: 'todo{n}' } }],
        repeat: 203,
      }),
    );
    const perDelivery: { statements: number; bytes: number; publishes: number; steps: number }[] = [];
    for (;;) {
      const run = await look(runId);
      if (run.status !== 'queued') break;
      const since = cloud.fetches.log.length;
      await advance(cloud.context.engine, { runId, dispatchNo: Number(run.dispatch_no) });
      const sql = requestsTo('neon', since);
      perDelivery.push({
        statements: sql.length,
        bytes: sql.slice(2).reduce((sum, { requestBytes }) => sum + requestBytes, 0),
        publishes: requestsTo('qstash', since).length,
        steps: 4,
      });
    }
    expect(perDelivery).toHaveLength(51);
    const [second, late] = [perDelivery[1], perDelivery[49]];
    // One claim, one context, then one statement a step; one publish to hand over.
    expect(second).toMatchObject({ statements: 2 + 4, publishes: 1 });
    expect(late).toMatchObject({ statements: 2 + 4, publishes: 1 });
    // A few more digits in the numbers of steps and calls are all the growth there is.
    expect(Math.abs((late?.bytes ?? 0) - (second?.bytes ?? 0))).toBeLessThan(4 * 64);
    // The README's figure, 15.8 kB a step. Whoever makes the statement longer says so there.
    const perStep = Math.round((second?.bytes ?? 0) / 4);
    expect(perStep).toBeGreaterThan(13_500);
    expect(perStep).toBeLessThan(16_000);
  }, 120_000);

  it('is two statements for a step with effects', async () => {
    const { runId } = await start(
      script({
        calls: [
          { name: 'write_file', input: { path: 'COST.md', content: 'x\n' } },
          { name: 'commit', input: { message: 'Cost' } },
        ],
      }),
    );
    const since = cloud.fetches.log.length;
    await advance(cloud.context.engine, { runId, dispatchNo: 1 });
    // Claim, context, plan, commit, and the commit of the closing step.
    expect(requestsTo('neon', since)).toHaveLength(5);
    expect(requestsTo('qstash', since)).toHaveLength(0);
  });
});
