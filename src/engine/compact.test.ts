import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { budgetViolations } from '../../test/support/budget.ts';
import { eventTypes } from '../../test/support/runs.ts';
import { advance } from './advance.ts';

const { cloud, api, token } = await openApi({ env: { STEPS_PER_CALLBACK: '5' } });

const script = (...turns: object[]) => `Play this.\n\`\`\`script\n${JSON.stringify(turns)}\n\`\`\``;
/** A call that is never the same twice in a row, so that nobody takes the run for one that goes in circles. */
const search = { name: 'search_code', input: { pattern: 'nothing {n}' } };
/** Steps that bring about 7,500 tokens with each call that reads. */
const reading = (repeat: number, calls = 1) => ({
  text: 'I read on.',
  calls: [
    ...Array.from({ length: calls }, () => ({ name: 'read_file', input: { path: 'big.txt' } })),
    ...(repeat > 2 ? [search] : []),
  ],
  repeat,
});
const LARGE_FILE = Array.from({ length: 300 }, (_, at) => `${at} ${'lorem ipsum '.repeat(8)}`).join('\n');

/** A queued run of a new agent that has a large file, and whose model can read 200,000 tokens. */
async function start(prompt: string, maxSteps = 600, more: object = {}) {
  const body = { name: 'Reader', prompt, model: 'claude-haiku-4-5', maxSteps, ...more };
  const created = await api.post('/agents', body, { token });
  const agentId: string = created.body.id;
  const runId: string = created.body.activeRun.id;
  await cloud.db.execute(sql`INSERT INTO workspace_files (workspace_id, path, content)
    SELECT workspace_id, 'big.txt', ${LARGE_FILE} FROM runs WHERE id = ${runId}`);
  return { agentId, runId };
}

async function look(runId: string) {
  const { rows } = await cloud.db.execute<Record<string, unknown>>(
    sql`SELECT status, waiting_for, step_no, dispatch_no, summary, error FROM runs WHERE id = ${runId}`,
  );
  return rows[0] ?? {};
}

const deliver = async (runId: string) =>
  advance(cloud.context.engine, { runId, dispatchNo: Number((await look(runId)).dispatch_no) });

/** Delivers what is due until the run rests. */
async function drive(runId: string) {
  for (;;) {
    const run = await look(runId);
    if (run.status !== 'queued') return run;
    await deliver(runId);
  }
}

interface Compaction extends Record<string, unknown> {
  stepNo: number;
  covers: number;
  text: string;
}
async function compactions(runId: string): Promise<Compaction[]> {
  const { rows } = await cloud.db.execute<Compaction>(
    sql`SELECT step_no AS "stepNo", covers_step_no AS covers, content -> 0 ->> 'text' AS text FROM steps
      WHERE run_id = ${runId} AND kind = 'compaction' ORDER BY step_no`,
  );
  return rows;
}

/** Whether a request to the model asks for a summary. */
const sumsUp = async (request: Request) => (await request.clone().text()).includes('Sum this up:');

const TOO_LONG = () =>
  Response.json(
    {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 200001 tokens > 200000 maximum' },
    },
    { status: 400 },
  );

describe('a long conversation', () => {
  it('is compacted whenever it nears the limit, and the task goes on where it was', async () => {
    const { agentId, runId } = await start(script(reading(7, 6), { text: 'Read it all.' }));
    expect(await drive(runId)).toMatchObject({ status: 'completed', summary: 'Read it all.', step_no: 10 });
    const made = await compactions(runId);
    expect(made).toHaveLength(2);
    for (const { text } of made) expect(text).toContain('read_file 18 times');
    const [first] = made;
    const { body } = await api.get(`/runs/${runId}/steps?limit=100`, { token });
    expect(body.data[Number(first?.stepNo) - 1]).toMatchObject({
      kind: 'compaction',
      coversStepNo: first?.covers,
      text: first?.text,
      toolCalls: [],
    });
    expect(body.data[0]).toMatchObject({ kind: 'turn', coversStepNo: null });
    const types = await eventTypes(cloud.db, runId);
    expect(types.filter((type) => type === 'context.compacted')).toHaveLength(2);
    // What was summed up is not told as an answer.
    expect(types.filter((type) => type === 'message.completed')).toHaveLength(8);

    const next = await api.post(`/agents/${agentId}/messages`, { text: 'What can you do?' }, { token });
    let sent = '';
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'model') sent = await request.clone().text();
      return send();
    };
    expect(await drive(next.body.run.id)).toMatchObject({ status: 'completed', step_no: 1 });
    expect(sent).toContain('your own summary');
    expect(sent).toContain('What can you do?');
    expect(sent.length).toBeLessThan(20 * LARGE_FILE.length);
  });

  it('of 200 steps asks as little of the database at its end as at its beginning', async () => {
    const looking = { text: 'Looking.', calls: [search], repeat: 39 };
    const turns = Array.from({ length: 5 }, () => [looking, reading(1, 18)]).flat();
    const { runId } = await start(script(...turns, { text: 'Over.' }));
    const deliveries: { statements: number; bytesRead: number }[] = [];
    while ((await look(runId)).status === 'queued') {
      const delivery = { statements: 0, bytesRead: 0 };
      deliveries.push(delivery);
      cloud.fetches.intercept = async (service, _request, send) => {
        const response = await send();
        if (service === 'neon') {
          delivery.statements += 1;
          delivery.bytesRead += (await response.clone().arrayBuffer()).byteLength;
        }
        return response;
      };
      await deliver(runId);
      cloud.fetches.intercept = (_service, _request, send) => send();
    }
    expect(await look(runId)).toMatchObject({ status: 'completed', summary: 'Over.', step_no: 206 });
    expect(await compactions(runId)).toHaveLength(5);
    // To look which delivery is next, to claim, to read the context, and one for each step.
    const full = deliveries.slice(0, -1);
    expect(new Set(full.map(({ statements }) => statements))).toEqual(new Set([1 + 2 + 5]));
    const bytesOf = (from: number, to: number) =>
      Math.max(...full.slice(from, to).map(({ bytesRead }) => bytesRead));
    expect(bytesOf(32, 40)).toBeLessThan(bytesOf(8, 16) + 1_000);
  }, 120_000);

  it('counts its summaries as steps', async () => {
    const { runId } = await start(script(reading(1, 20), { text: 'Over.' }), 2);
    expect(await drive(runId)).toMatchObject({ status: 'waiting', waiting_for: 'budget', step_no: 2 });
    expect(await compactions(runId)).toMatchObject([{ stepNo: 2, covers: 1 }]);
  });

  it('hears a message once that came while it was summed up', async () => {
    const { agentId, runId } = await start(
      script(reading(1, 20), { calls: [{ name: 'list_files', input: {} }] }, { text: 'Over.' }),
    );
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'model' && (await sumsUp(request))) {
        await api.post(`/agents/${agentId}/messages`, { text: 'Be brief' }, { token });
      }
      return send();
    };
    expect(await drive(runId)).toMatchObject({ status: 'completed' });
    const { rows } = await cloud.db.execute(
      sql`SELECT step_no FROM steps WHERE run_id = ${runId} AND content::text LIKE '%Noted: Be brief%'`,
    );
    expect(rows).toEqual([{ step_no: 3 }]);
  });
});

describe('a summary', () => {
  it('that a worker died with is written again by the next, and counts once', async () => {
    const { runId } = await start(script(reading(1, 20), { text: 'Over.' }));
    let dying = false;
    cloud.fetches.intercept = async (service, request, send) => {
      if (dying && service === 'neon') throw new TypeError('the worker is gone');
      const last = service === 'model' && (await sumsUp(request));
      const response = await send();
      dying ||= last;
      return response;
    };
    await expect(deliver(runId)).rejects.toThrow();
    cloud.fetches.intercept = (_service, _request, send) => send();
    expect(await look(runId)).toMatchObject({ status: 'running', step_no: 1 });
    await cloud.db.execute(sql`UPDATE runs SET lease_expires_at = engine_now() WHERE id = ${runId}`);
    await deliver(runId);
    expect(await look(runId)).toMatchObject({ status: 'completed', step_no: 3 });
    expect(await compactions(runId)).toHaveLength(1);
  });

  it('is written when the provider says that the conversation is too long, sooner than was thought', async () => {
    const { runId } = await start(script(reading(4), { text: 'Over.' }));
    let calls = 0;
    cloud.fetches.intercept = async (service, _request, send) =>
      service === 'model' && ++calls === 4 ? TOO_LONG() : send();
    expect(await drive(runId)).toMatchObject({ status: 'completed', step_no: 6 });
    expect(await compactions(runId)).toMatchObject([{ stepNo: 4, covers: 1 }]);
  });

  it('of a conversation that is itself too long to be summed up leaves out more of it', async () => {
    const { runId } = await start(script(reading(1, 20), { text: 'Over.' }));
    const asked: number[] = [];
    cloud.fetches.intercept = async (service, request, send) => {
      if (service !== 'model' || !(await sumsUp(request))) return send();
      asked.push((await request.clone().text()).length);
      return asked.length < 3 ? TOO_LONG() : send();
    };
    expect(await drive(runId)).toMatchObject({ status: 'completed' });
    expect(asked).toHaveLength(3);
    expect(asked[2]).toBeLessThan((asked[1] ?? 0) / 1.5);
  });

  it('is summed up by a fallback while its own model is away', async () => {
    const fallbacks = [{ provider: 'openai', model: 'gpt-6-sol' }];
    const { runId } = await start(script(reading(1, 20), { text: 'Over.' }), 600, { fallbacks });
    cloud.fetches.intercept = async (service, request, send) =>
      service === 'model' && (await sumsUp(request)) ? new Response(null, { status: 529 }) : send();
    expect(await drive(runId)).toMatchObject({ status: 'completed' });
    const { body } = await api.get(`/runs/${runId}/steps`, { token });
    expect(body.data.slice(0, 2)).toMatchObject([
      { kind: 'turn', provider: 'anthropic' },
      { kind: 'compaction', provider: 'openai', model: 'gpt-6-sol' },
    ]);
    expect(await eventTypes(cloud.db, runId)).toContain('model.fallback');
    expect(await budgetViolations(cloud.db)).toEqual([]);
  });

  it('is where a fork may begin, with what the steps that it keeps had heard', async () => {
    const { agentId, runId } = await start(script(reading(4), { text: 'Over.' }));
    let calls = 0;
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service !== 'model') return send();
      calls += 1;
      if (calls === 2) {
        await api.post(`/agents/${agentId}/messages`, { text: 'Mind the gap.' }, { token });
      }
      return calls === 4 ? TOO_LONG() : send();
    };
    await drive(runId);
    const prompt = 'What can you do?';
    const { body } = await api.post(`/agents/${agentId}/fork`, { runId, stepNo: 4, prompt }, { token });
    let sent = '';
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'model') sent ||= await request.clone().text();
      return send();
    };
    expect(await drive(body.activeRun.id)).toMatchObject({ status: 'completed' });
    expect(sent.split('"Mind the gap."')).toHaveLength(2);
    // Two steps are kept, each with two results.
    expect(sent.split('tool_result"')).toHaveLength(1 + 2 * 2);
    expect(sent).toContain('your own summary');
  });

  it('that leaves no room either ends the run, and each call is paid for', async () => {
    const { runId } = await start(
      script(reading(2), { text: 'It is so', stopReason: 'model_context_window_exceeded' }),
    );
    let calls = 0;
    cloud.fetches.intercept = (service, _request, send) => {
      if (service === 'model') calls += 1;
      return send();
    };
    expect(await drive(runId)).toMatchObject({
      status: 'failed',
      error: { code: 'contextFull' },
      step_no: 4,
    });
    expect(await compactions(runId)).toHaveLength(1);
    // Two that read, one that was cut short and is no step, the summary, and one that was cut short behind it.
    expect(calls).toBe(5);
    const { rows } = await cloud.db.execute<{ more: boolean; reserved: string }>(
      sql`SELECT cost_micro_usd > (SELECT sum(s.cost_micro_usd) FROM steps s WHERE s.run_id = r.id) AS more,
        reserved_micro_usd AS reserved FROM runs r WHERE id = ${runId}`,
    );
    expect(rows[0]).toEqual({ more: true, reserved: '0' });
    const { body } = await api.get(`/runs/${runId}/steps`, { token });
    expect(body.data).toHaveLength(4);
  });

  it('is paid for once when its summary has to wait for the budget', async () => {
    const { runId } = await start(
      script(reading(2), { text: 'It is so', stopReason: 'model_context_window_exceeded' }),
    );
    const summed: boolean[] = [];
    cloud.fetches.intercept = async (service, request, send) => {
      if (service !== 'model') return send();
      summed.push(await sumsUp(request));
      if (summed.length === 3) {
        await cloud.db.execute(
          sql`UPDATE runs SET max_cost_micro_usd = cost_micro_usd + 1 WHERE id = ${runId}`,
        );
      }
      return send();
    };
    expect(await drive(runId)).toMatchObject({ status: 'waiting' });
    await api.post(`/runs/${runId}/budget`, { maxCostUsd: 100 }, { token });
    expect(await drive(runId)).toMatchObject({ status: 'failed', error: { code: 'contextFull' } });
    expect(summed).toEqual([false, false, false, true, false]);
  });

  it('does not keep a cancel waiting', async () => {
    const { runId } = await start(script(reading(1, 20), { text: 'Over.' }));
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'model' && (await sumsUp(request))) {
        await api.post(`/runs/${runId}/cancel`, undefined, { token });
        return new Promise((_resolve, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason));
        });
      }
      return send();
    };
    expect(await drive(runId)).toMatchObject({ status: 'cancelled', step_no: 1 });
  });
});
