import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { deliver, deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';
import { eventTypes } from '../../test/support/runs.ts';

const { cloud, api, token } = await openApi({ env: { STEPS_PER_CALLBACK: '3' } });

const question = { question: 'Which database?', choices: ['Postgres', 'SQLite'] };
const asks = { text: 'I need to know.', calls: [{ name: 'ask_user', input: question }] };
const look = { calls: [{ name: 'update_plan', input: { steps: [{ title: 'Look', status: 'done' }] } }] };
const done = { text: 'Done.' };

/** A new agent at work on a script. */
async function start(...turns: object[]) {
  const { body } = await api.post('/agents', { prompt: scriptOf(...turns) }, { token });
  return { agentId: String(body.id), runId: String(body.activeRun.id) };
}

/** One that has asked its user. */
async function asking(...turns: object[]) {
  const ids = await start(asks, ...turns);
  expect(await deliverUntilRest(cloud, ids.runId)).toBe('waiting');
  return ids;
}

const say = (agentId: string, text: string) => api.post(`/agents/${agentId}/messages`, { text }, { token });
const act = (runId: string, action: string) => api.post(`/runs/${runId}/${action}`, undefined, { token });
const runOf = async (runId: string) => (await api.get(`/runs/${runId}`, { token })).body;
const callsOf = async (runId: string) =>
  (await api.get(`/runs/${runId}/steps`, { token })).body.data.flatMap(
    (step: { toolCalls: unknown[] }) => step.toolCalls,
  );
const times = (text: string, piece: string) => text.split(piece).length - 1;
const count = async (runId: string, type: string) =>
  (await eventTypes(cloud.db, runId)).filter((each) => each === type).length;

/** What the model is asked, time by time. */
let asked: string[] = [];
const listen = (before: (nth: number) => Promise<unknown> = async () => {}) => {
  cloud.fetches.intercept = async (service, request, send) => {
    if (service === 'model') {
      asked.push(await request.clone().text());
      await before(asked.length);
    }
    return send();
  };
};
beforeEach(() => {
  asked = [];
  listen();
});

/** Lets the worker die right after it has written its step down, and its lease run out. */
async function dieOncePlanned(runId: string) {
  const { intercept } = cloud.fetches;
  let isPlanned = false;
  cloud.fetches.intercept = async (service, request, send) => {
    const text = await request.clone().text();
    if (service === 'neon' && isPlanned) throw new TypeError('the worker is gone');
    if (service === 'neon' && text.includes('INSERT INTO steps')) isPlanned = true;
    return intercept(service, request, send);
  };
  await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 }).catch(() => {});
  listen();
  await cloud.db.execute(sql`UPDATE runs SET lease_expires_at = engine_now() WHERE id = ${runId}`);
  await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
}

/** Lets the worker die at its nth statement of the next delivery, before or after it took effect, and its lease run out. */
async function dieAt(runId: string, nth: number, when: 'before' | 'after') {
  const { dispatchNo } = await dispatchOf(runId);
  let statements = 0;
  cloud.fetches.intercept = async (service, _request, send) => {
    if (service !== 'neon' || ++statements < nth) return send();
    if (statements === nth && when === 'after') await send();
    throw new TypeError('the worker is gone');
  };
  await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo }).catch(() => {});
  listen();
  await cloud.db.execute(
    sql`UPDATE runs SET lease_expires_at = engine_now(), sweep_after = engine_now() WHERE id = ${runId} AND status = 'running'`,
  );
  await deliver(cloud, '/api/v1/callbacks/run', await dispatchOf(runId));
}
async function dispatchOf(runId: string) {
  const { rows } = await cloud.db.execute<{ dispatchNo: number }>(
    sql`SELECT dispatch_no AS "dispatchNo" FROM runs WHERE id = ${runId}`,
  );
  return { runId, dispatchNo: rows[0]?.dispatchNo ?? 0 };
}

describe('a question', () => {
  it('waits for the next message, which is its answer and heard once', async () => {
    const { agentId, runId } = await asking(look, done);
    expect(await runOf(runId)).toMatchObject({
      waitingFor: 'input',
      stepCount: 0,
      question: { text: 'Which database?', choices: ['Postgres', 'SQLite'] },
    });
    expect(await callsOf(runId)).toMatchObject([{ name: 'ask_user', state: 'awaitingInput', output: null }]);
    expect((await say(agentId, 'sqlite.')).body).toMatchObject({ seq: 1, ahead: 0 });
    expect(await runOf(runId)).toMatchObject({ status: 'queued', question: null });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked).toHaveLength(3);
    expect(asked.map((body) => times(body, 'The user chose: SQLite'))).toEqual([0, 1, 1]);
    expect(asked.join()).not.toContain('sqlite.');
    expect(await callsOf(runId)).toMatchObject([
      { state: 'completed', result: { answer: 'sqlite.', choice: 'SQLite' } },
      { name: 'update_plan' },
    ]);
    expect(await eventTypes(cloud.db, runId)).toEqual([
      'run.queued',
      'run.started',
      'message.completed',
      'question.asked',
      'run.waiting',
      'message.received',
      'run.resumed',
      'toolCall.completed',
      'toolCall.started',
      'plan.updated',
      'toolCall.completed',
      'message.completed',
      'run.completed',
    ]);
    const { body } = await api.get(`/agents/${agentId}/messages`, { token });
    expect(body.data).toMatchObject([{ state: 'delivered', deliveredStep: 1 }]);
  });

  it('is answered by the first of two messages, and the second is heard as one', async () => {
    const { agentId, runId } = await asking(done);
    await say(agentId, 'Neither, use Redis');
    await say(agentId, 'And be quick');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatch(/The user answered: Neither, use Redis.*"text":"And be quick"/s);
    expect(times(asked[1] ?? '', 'use Redis')).toBe(1);
  });

  it('does not know an earlier answer again in a later run', async () => {
    const { agentId, runId } = await asking(done);
    await say(agentId, '1');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    const next = await say(agentId, 'What can you do?');
    expect(await deliverUntilRest(cloud, next.body.run.id)).toBe('completed');
    expect(times(asked.at(-1) ?? '', 'The user chose: Postgres')).toBe(1);
    expect(times(asked.at(-1) ?? '', '"text":"1"')).toBe(0);
  });

  it('is not put to a user who has written while the model made it up', async () => {
    const { agentId, runId } = await start(asks, done);
    listen(async (nth) => (nth === 1 ? say(agentId, 'Use Postgres') : undefined));
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await count(runId, 'question.asked')).toBe(0);
    expect(asked[1]).toMatch(/Not asked: the user has just written.*"text":"Use Postgres"/s);
    expect(await callsOf(runId)).toMatchObject([{ state: 'skipped' }]);
  });

  it.each([
    ['its worker', false],
    ['the worker after one that died', true],
  ])('is put after all by %s when that was withdrawn before anybody heard it', async (_, dies) => {
    const { agentId, runId } = await start(asks, done);
    listen(async (nth) => {
      if (nth > 1) return;
      const { body } = await say(agentId, 'Never mind');
      await api.delete(`/agents/${agentId}/messages/${body.id}`, { token });
    });
    if (dies) await dieOncePlanned(runId);
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(await runOf(runId)).toMatchObject({ waitingFor: 'input', question: { text: 'Which database?' } });
    expect(await count(runId, 'question.asked')).toBe(1);
    await say(agentId, 'SQLite');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked[1]).toContain('The user chose: SQLite');
  });

  it('is open again when its answer is withdrawn while the run waits for its budget', async () => {
    const { agentId, runId } = await asking(done);
    await cloud.db.execute(
      sql`UPDATE runs SET max_duration_seconds = 1, active_ms = 2000 WHERE id = ${runId}`,
    );
    const { body } = await say(agentId, 'SQLite');
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(await runOf(runId)).toMatchObject({ waitingFor: 'budget', question: null });
    await api.delete(`/agents/${agentId}/messages/${body.id}`, { token });
    expect(await runOf(runId)).toMatchObject({ waitingFor: 'budget', question: { text: 'Which database?' } });
  });

  it('beside other calls is an error, and the others run', async () => {
    const { runId } = await start({ calls: [...asks.calls, ...look.calls] }, done);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await callsOf(runId)).toMatchObject([
      { name: 'ask_user', state: 'failed', output: expect.stringContaining('only call') },
      { name: 'update_plan', state: 'completed' },
    ]);
  });

  it('that an agent may not ask is refused', async () => {
    const { body } = await api.post(
      '/agents',
      { prompt: scriptOf(asks, done), policies: { ask_user: 'never' } },
      { token },
    );
    expect(await deliverUntilRest(cloud, body.activeRun.id)).toBe('completed');
    expect(await callsOf(body.activeRun.id)).toMatchObject([{ state: 'failed' }]);
  });
});

describe('an answer', () => {
  it('is the last text that its user gave it before a worker took it', async () => {
    const { agentId, runId } = await asking(done);
    const { body } = await say(agentId, 'SQLite');
    await api.patch(`/agents/${agentId}/messages/${body.id}`, { text: '1' }, { token });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked[1]).toContain('The user chose: Postgres');
  });

  it('that is withdrawn before a worker takes it leaves the question open, without a call of the model', async () => {
    const { agentId, runId } = await asking(done);
    const { body } = await say(agentId, 'SQLite');
    expect((await api.delete(`/agents/${agentId}/messages/${body.id}`, { token })).status).toBe(204);
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(await runOf(runId)).toMatchObject({ waitingFor: 'input', question: { text: 'Which database?' } });
    expect(asked).toHaveLength(1);
    await say(agentId, 'Postgres');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked[1]).toContain('The user chose: Postgres');
    expect((await eventTypes(cloud.db, runId)).slice(4, 9)).toEqual([
      'run.waiting',
      'message.received',
      'run.resumed',
      'message.withdrawn',
      'run.waiting',
    ]);
  });

  it('takes the place of one that is withdrawn just as the run goes back to waiting', async () => {
    const { agentId, runId } = await asking(done);
    const { body } = await say(agentId, 'SQLite');
    await api.delete(`/agents/${agentId}/messages/${body.id}`, { token });
    let sent = false;
    cloud.fetches.intercept = async (service, request, send) => {
      const text = await request.clone().text();
      if (service === 'model') asked.push(text);
      if (
        service === 'neon' &&
        !sent &&
        text.includes('asked_seq IS NOT NULL') &&
        text.includes('run.waiting')
      ) {
        sent = true;
        await say(agentId, 'Postgres');
      }
      return send();
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(sent).toBe(true);
    expect(asked[1]).toContain('The user chose: Postgres');
    expect(await count(runId, 'run.waiting')).toBe(1);
  });

  it('comes to a paused run when that is resumed', async () => {
    const { agentId, runId } = await asking(done);
    await act(runId, 'pause');
    expect(await runOf(runId)).toMatchObject({ status: 'paused', question: { text: 'Which database?' } });
    expect((await act(runId, 'resume')).body).toMatchObject({ status: 'waiting', waitingFor: 'input' });
    await act(runId, 'pause');
    await say(agentId, '2');
    expect(await runOf(runId)).toMatchObject({ status: 'paused' });
    expect((await act(runId, 'resume')).body).toMatchObject({ status: 'queued' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked[1]).toContain('The user chose: SQLite');
  });

  it('comes too late for a run that was cancelled: it starts the next one', async () => {
    const { agentId, runId } = await asking(done);
    expect((await act(runId, 'cancel')).body).toMatchObject({ status: 'cancelled', question: null });
    expect((await say(agentId, 'SQLite')).status).toBe(201);
    expect(await callsOf(runId)).toMatchObject([{ state: 'skipped' }]);
  });
});

describe('a worker that dies', () => {
  it.each([
    ['before', 3],
    ['after', 3],
  ] as const)('%s the question is written down asks it once', async (when, nth) => {
    const { agentId, runId } = await start(asks, done);
    await dieAt(runId, nth, when);
    expect(await runOf(runId)).toMatchObject({ waitingFor: 'input' });
    expect(await count(runId, 'question.asked')).toBe(1);
    await say(agentId, 'SQLite');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it.each([
    ['before it has the answer', 'before', 2],
    ['with the answer', 'after', 2],
    ['before it commits the answer', 'before', 3],
    ['after it has committed the answer', 'after', 3],
  ] as const)('%s leaves it to the next, once', async (_, when, nth) => {
    const { agentId, runId } = await asking(look, done);
    await say(agentId, 'SQLite');
    await say(agentId, 'And be quick');
    await dieAt(runId, nth, when);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(times(asked.at(-1) ?? '', 'The user chose: SQLite')).toBe(1);
    expect(times(asked.at(-1) ?? '', '"text":"And be quick"')).toBe(1);
    expect(times(asked.at(-1) ?? '', '"text":"SQLite"')).toBe(0);
    expect(await count(runId, 'question.asked')).toBe(1);
  });

  it('between a question that it does not put and its result leaves the model to hear the user', async () => {
    const { agentId, runId } = await start(asks, done);
    listen(async (nth) => (nth === 1 ? say(agentId, 'Use Postgres') : undefined));
    await dieOncePlanned(runId);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await count(runId, 'question.asked')).toBe(0);
    expect(asked[1]).toMatch(/Not asked: the user has just written.*"text":"Use Postgres"/s);
  });
});

describe('a run that goes in circles', () => {
  const circle = { calls: [{ name: 'read_file', input: { path: 'missing.ts' } }], repeat: 3 };

  it('asks its user after the third time, hears what they say, and is given three more', async () => {
    const { agentId, runId } = await start(circle, circle, look, done);
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(await runOf(runId)).toMatchObject({
      waitingFor: 'input',
      stepCount: 3,
      question: { text: expect.stringContaining('same result'), choices: null },
    });
    const { rows } = await cloud.db.execute(
      sql`SELECT type, data FROM run_events WHERE run_id = ${runId} ORDER BY seq DESC LIMIT 1`,
    );
    expect(rows).toEqual([{ type: 'run.waiting', data: { waitingFor: 'input', reason: 'stuck' } }]);
    await say(agentId, 'Look elsewhere');
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(asked[3]).toContain('"text":"Look elsewhere"');
    expect(await runOf(runId)).toMatchObject({ waitingFor: 'input', stepCount: 6 });
    await say(agentId, 'Go on');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await count(runId, 'run.resumed')).toBe(2);
  });

  it('is left waiting by a word that was taken back', async () => {
    const { agentId, runId } = await start(circle, done);
    await deliverUntilRest(cloud, runId);
    const { body } = await say(agentId, 'Look elsewhere');
    await api.delete(`/agents/${agentId}/messages/${body.id}`, { token });
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(asked).toHaveLength(3);
    await say(agentId, 'Enough');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('takes what the user said about it for the answer of no other question', async () => {
    const { agentId, runId } = await start(circle, asks, done);
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    await say(agentId, 'Look elsewhere');
    listen(async (nth) => (nth === 4 ? say(agentId, 'Use Postgres') : undefined));
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(asked).toHaveLength(5);
    expect(asked[4]).toMatch(/"text":"Look elsewhere".*Not asked: the user.*"text":"Use Postgres"/s);
    expect(asked[4]).not.toContain('The user answered');
  });

  it('does not ask a user who has just spoken', async () => {
    const { agentId, runId } = await start(circle, done);
    listen(async (nth) => (nth === 3 ? say(agentId, 'Look elsewhere') : undefined));
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await count(runId, 'question.asked')).toBe(0);
  });
});
