import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApi } from '../../test/support/api.ts';
import { deliver, deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';
import { eventTypes } from '../../test/support/runs.ts';
import { sweep } from './sweep.ts';

const { cloud, api, token } = await openApi();
cloud.context.engine.settings.settlingMs = 1;
const githubToken = await cloud.github.issueToken('demo');

async function github(method: string, path: string, body?: object) {
  const request = new Request(`${cloud.github.apiUrl}/repos/demo/todo-api${path}`, {
    method,
    headers: { authorization: `Bearer ${githubToken}`, 'user-agent': 'test' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return (await cloud.github.fetch(request)).json();
}

const newIssue = async (): Promise<number> =>
  z.object({ number: z.number() }).parse(await github('POST', '/issues', { title: 'A bug' })).number;
const commentsOf = async (issue: number): Promise<string[]> =>
  z
    .array(z.object({ body: z.string() }))
    .parse(await github('GET', `/issues/${issue}/comments?per_page=100`))
    .map(({ body }) => body);

/** A run, not yet delivered, that comments once for each body, in one step. */
async function start(issue: number, bodies: string[], more: object = {}) {
  const calls = bodies.map((body) => ({ name: 'comment', input: { issue, body } }));
  const agent = { repository: 'demo/todo-api', prompt: scriptOf({ text: 'I comment.', calls }), ...more };
  const { body } = await api.post('/agents', agent, { token });
  return { agentId: String(body.id), runId: String(body.activeRun.id) };
}

const look = async (runId: string) => (await api.get(`/runs/${runId}`, { token })).body;
const callsOf = async (runId: string) =>
  (await api.get(`/runs/${runId}/steps`, { token })).body.data[0].toolCalls;
const decide = (id: string, body: object) => api.post(`/approvals/${id}`, body, { token });
const act = (runId: string, verb: string) => api.post(`/runs/${runId}/${verb}`, undefined, { token });

async function openReview(runId: string) {
  const { data } = (await api.get('/approvals?state=pending&limit=100', { token })).body;
  return data.find((approval: { runId: string }) => approval.runId === runId);
}

const isComment = (request: Request) => request.method === 'POST' && request.url.endsWith('/comments');

/** Loses the request that comments for the n-th time, or its answer. */
function loseComment(when: 'before' | 'after', nth = 1): void {
  let seen = 0;
  cloud.fetches.intercept = async (_service, request, send) => {
    if (!isComment(request) || ++seen !== nth) return send();
    if (when === 'after') await send();
    throw new TypeError('connection reset');
  };
}
const restore = () => {
  cloud.fetches.intercept = (_service, _request, send) => send();
};

/** A run whose comment was lost on its way, so that it waits for a review. */
async function unknown() {
  const issue = await newIssue();
  const made = await start(issue, ['Hello']);
  loseComment('before');
  expect(await deliverUntilRest(cloud, made.runId)).toBe('waiting');
  restore();
  const review = await openReview(made.runId);
  return { issue, ...made, review };
}

describe('a comment', () => {
  it('is sent once, between two statements of its own', async () => {
    const issue = await newIssue();
    const { runId } = await start(issue, ['Hello', 'Again']);
    const since = cloud.fetches.log.length;
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    const statements = cloud.fetches.log.slice(since).filter(({ service }) => service === 'neon');
    // Claim, context, plan, twice mark and record, commit, and the commit of the closing step.
    expect(statements).toHaveLength(9);
    const [first, second] = await commentsOf(issue);
    const calls = await callsOf(runId);
    expect(first).toBe(`Hello\n\n<!-- Cadence-Tool-Call: ${calls[0].id} -->`);
    expect(second).toContain('Again');
    expect(calls[0]).toMatchObject({ state: 'completed', result: { issue, url: expect.any(String) } });
    const types = await eventTypes(cloud.db, runId);
    expect(types.filter((type) => type === 'toolCall.completed')).toHaveLength(2);
  });

  it('whose answer was lost is found and adopted', async () => {
    const issue = await newIssue();
    const { runId } = await start(issue, ['Hello']);
    loseComment('after');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await commentsOf(issue)).toHaveLength(1);
    expect((await callsOf(runId))[0]).toMatchObject({ state: 'completed', result: { issue } });
  });

  it('is told of once when the answer to its record is lost', async () => {
    const issue = await newIssue();
    const { runId } = await start(issue, ['Hello']);
    let lost = 0;
    cloud.fetches.intercept = async (service, request, send) => {
      const isRecord = service === 'neon' && (await request.clone().text()).includes('recorded AS');
      const answer = await send();
      if (isRecord && lost++ === 0) throw new TypeError('connection reset');
      return answer;
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    restore();
    expect(lost).toBeGreaterThan(1);
    const types = await eventTypes(cloud.db, runId);
    expect(types.filter((type) => type === 'toolCall.completed')).toHaveLength(1);
  });

  it('is told of once when a record that was given up arrives behind the next call', async () => {
    const issue = await newIssue();
    const { runId } = await start(issue, ['Hello', 'Again']);
    let held: Request | undefined;
    let hasArrived = false;
    cloud.fetches.intercept = async (service, request, send) => {
      if (service !== 'neon') return send();
      const text = await request.clone().text();
      if (text.includes('recorded AS') && !held) {
        held = request.clone();
        throw new TypeError('timed out');
      }
      const response = await send();
      if (text.includes('begun AS') && text.includes('cancel_requested AND') && held && !hasArrived) {
        hasArrived = true;
        await cloud.fetch(held);
      }
      return response;
    };
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    restore();
    expect(hasArrived).toBe(true);
    expect((await eventTypes(cloud.db, runId)).filter((type) => type === 'toolCall.completed')).toHaveLength(
      2,
    );
  });

  it('did not fail when it was sent and the database was away for its record', async () => {
    const issue = await newIssue();
    const { runId } = await start(issue, ['Hello']);
    cloud.fetches.intercept = async (service, request, send) => {
      const text = service === 'neon' ? await request.clone().text() : '';
      const answer = await send();
      if (/recorded AS|true AS .{0,2}isReadBack/.test(text)) throw new TypeError('connection reset');
      return answer;
    };
    const response = await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    restore();
    expect(response.ok).toBe(false);
    expect((await callsOf(runId))[0]).toMatchObject({ state: 'completed' });

    await cloud.db.execute(sql`UPDATE runs SET lease_expires_at = engine_now() WHERE id = ${runId}`);
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    expect(await look(runId)).toMatchObject({ status: 'completed' });
    expect((await callsOf(runId))[0]).toMatchObject({ state: 'completed' });
    expect(await commentsOf(issue)).toHaveLength(1);
    const types = await eventTypes(cloud.db, runId);
    expect(types.filter((type) => /^toolCall\.(completed|failed)$/.test(type))).toEqual([
      'toolCall.completed',
    ]);
  });

  it('that GitHub refused for now is sent later, without a review', async () => {
    const issue = await newIssue();
    const { runId } = await start(issue, ['Hello']);
    let refused = 0;
    cloud.fetches.intercept = async (_service, request, send) =>
      isComment(request) && refused++ === 0
        ? Response.json({ message: 'Slow down' }, { status: 429, headers: { 'retry-after': '1' } })
        : send();
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    expect(await look(runId)).toMatchObject({ waitingFor: 'timer' });
    await cloud.db.execute(sql`UPDATE runs SET wake_at = engine_now() WHERE id = ${runId}`);
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 2 });
    expect(await look(runId)).toMatchObject({ status: 'completed' });
    expect(await commentsOf(issue)).toHaveLength(1);
  });

  it('that GitHub refused while the run was cancelled or lost its access was not sent', async () => {
    for (const [httpStatus, status] of [
      [429, 'cancelled'],
      [401, 'failed'],
    ] as const) {
      const { runId } = await start(await newIssue(), ['Hello']);
      cloud.fetches.intercept = async (_service, request, send) => {
        if (!isComment(request)) return send();
        if (status === 'cancelled') await act(runId, 'cancel');
        return Response.json({ message: 'No' }, { status: httpStatus, headers: { 'retry-after': '1' } });
      };
      expect(await deliverUntilRest(cloud, runId)).toBe(status);
      restore();
      expect((await callsOf(runId))[0]).toMatchObject({
        state: 'skipped',
        output: 'Not run: the run ended before.',
      });
    }
  });

  it('that GitHub refused for good goes back to the model', async () => {
    const { runId } = await start(9_999, ['Hello']);
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect((await callsOf(runId))[0]).toMatchObject({ state: 'failed' });
  });

  it('is not begun after a cancel', async () => {
    const issue = await newIssue();
    const { runId } = await start(issue, ['Hello']);
    cloud.fetches.intercept = async (service, request, send) => {
      const isMark = service === 'neon' && (await request.clone().text()).includes('begun AS');
      if (isMark)
        await cloud.db.execute(
          sql`UPDATE runs SET cancel_requested = true WHERE id = ${runId} AND step_no = 0 AND EXISTS (SELECT FROM steps WHERE run_id = ${runId})`,
        );
      return send();
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('cancelled');
    expect(await commentsOf(issue)).toEqual([]);
    expect((await callsOf(runId))[0]).toMatchObject({ state: 'skipped' });
  });

  it('waits for its approval like any other call, and is sent once', async () => {
    const issue = await newIssue();
    const { runId } = await start(issue, ['Hello'], { policies: { comment: 'ask' } });
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    const approval = await openReview(runId);
    expect(approval).toMatchObject({ kind: 'approval' });
    await decide(approval.id, { decision: 'allow' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await commentsOf(issue)).toHaveLength(1);
    const types = (await eventTypes(cloud.db, runId)).filter((type) => type.startsWith('toolCall.'));
    expect(types).toEqual(['toolCall.started', 'toolCall.completed']);
  });

  it('that was approved is told of once, however often it is begun', async () => {
    const { runId } = await start(await newIssue(), ['Hello'], { policies: { comment: 'ask' } });
    await deliverUntilRest(cloud, runId);
    await decide((await openReview(runId)).id, { decision: 'allow' });
    let sent = 0;
    cloud.fetches.intercept = async (_service, request, send) => {
      if (!isComment(request)) return send();
      sent += 1;
      if (sent === 1) return Response.json({}, { status: 429, headers: { 'retry-after': '1' } });
      if (sent === 2) throw new TypeError('connection reset');
      return send();
    };
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    await cloud.db.execute(sql`UPDATE runs SET wake_at = engine_now() WHERE id = ${runId}`);
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 3 });
    await decide((await openReview(runId)).id, { decision: 'sendAgain' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    restore();
    expect(sent).toBe(3);
    const types = (await eventTypes(cloud.db, runId)).filter((type) =>
      /^toolCall\.(started|completed)$/.test(type),
    );
    expect(types).toEqual(['toolCall.started', 'toolCall.completed']);
  });
});

describe('a worker that dies at any request of a comment', () => {
  const REQUESTS = 9;
  const cases = (['before', 'after'] as const).flatMap((when) =>
    Array.from({ length: REQUESTS }, (_, at) => ({ when, at: at + 1 })),
  );

  it.each(cases)('leaves one comment or a question: $when request $at', async ({ when, at }) => {
    const issue = await newIssue();
    const { runId } = await start(issue, ['Hello']);
    let seen = 0;
    let dead = false;
    cloud.fetches.intercept = async (service, _request, send) => {
      if (dead) throw new TypeError('the worker is gone');
      if (service !== 'neon' && service !== 'github') return send();
      dead = ++seen === at;
      if (!dead) return send();
      if (when === 'after') await send();
      throw new TypeError('the worker is gone');
    };
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    restore();
    await cloud.db.execute(sql`UPDATE runs SET lease_expires_at = engine_now() WHERE id = ${runId}`);
    await deliver(cloud, '/api/v1/callbacks/run', { runId, dispatchNo: 1 });
    const { status } = await look(runId);
    if (status === 'waiting') {
      const review = await openReview(runId);
      expect(review).toMatchObject({ kind: 'review', tool: 'comment' });
      expect(await commentsOf(issue)).toEqual([]);
      await decide(review.id, { decision: 'sendAgain' });
      expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    } else expect(status).toBe('completed');
    expect(await commentsOf(issue)).toHaveLength(1);
    const types = await eventTypes(cloud.db, runId);
    expect(types.filter((type) => type === 'toolCall.completed')).toHaveLength(1);
  });
});

describe('a review', () => {
  it('says what it is about, and waits', async () => {
    const { runId, issue, review } = await unknown();
    expect(await look(runId)).toMatchObject({ status: 'waiting', waitingFor: 'review' });
    expect(review).toMatchObject({ kind: 'review', tool: 'comment', arguments: { issue, body: 'Hello' } });
    expect((await callsOf(runId))[0]).toMatchObject({
      state: 'needsReview',
      output: 'Whether this took effect is not known. The answer was lost.',
    });
    expect((await eventTypes(cloud.db, runId)).slice(-2)).toEqual(['toolCall.needsReview', 'run.waiting']);
  });

  it('sends the call again when the user says so, once', async () => {
    const { runId, issue, review } = await unknown();
    expect((await decide(review.id, { decision: 'sendAgain' })).body).toMatchObject({ state: 'allowed' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await commentsOf(issue)).toHaveLength(1);
    const again = await decide(review.id, { decision: 'sendAgain' });
    expect(again.status).toBe(200);
    expect((await decide(review.id, { decision: 'leave' })).body.code).toBe('approvalClosed');
  });

  it('adopts what came to light before it is sent again', async () => {
    const { runId, issue, review } = await unknown();
    const [call] = await callsOf(runId);
    await github('POST', `/issues/${issue}/comments`, {
      body: `Hello\n\n<!-- Cadence-Tool-Call: ${call.id} -->`,
    });
    await decide(review.id, { decision: 'sendAgain' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await commentsOf(issue)).toHaveLength(1);
  });

  it('stays unknown when a cancel comes before it is sent again, to its worker too', async () => {
    const unsent = {
      state: 'needsReview',
      output: expect.stringContaining('Whether this took effect is not known.'),
    };
    const early = await unknown();
    await decide(early.review.id, { decision: 'sendAgain' });
    await act(early.runId, 'cancel');
    expect((await callsOf(early.runId))[0]).toMatchObject(unsent);

    const late = await unknown();
    await decide(late.review.id, { decision: 'sendAgain' });
    cloud.fetches.intercept = async (service, _request, send) => {
      if (service === 'github') await act(late.runId, 'cancel');
      return send();
    };
    expect(await deliverUntilRest(cloud, late.runId)).toBe('cancelled');
    restore();
    expect((await callsOf(late.runId))[0]).toMatchObject(unsent);
    expect(await commentsOf(late.issue)).toEqual([]);
  });

  it('asks again when the call is lost again', async () => {
    const { runId, issue, review } = await unknown();
    await decide(review.id, { decision: 'sendAgain' });
    loseComment('before');
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    restore();
    const second = await openReview(runId);
    expect(second.id).not.toBe(review.id);
    await decide(second.id, { decision: 'sendAgain' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await commentsOf(issue)).toHaveLength(1);
  });

  it('leaves the call as it is when the user says so, and the model reads that', async () => {
    const { runId, issue, review } = await unknown();
    await decide(review.id, { decision: 'leave', reason: 'I see it' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await commentsOf(issue)).toEqual([]);
    expect((await callsOf(runId))[0]).toMatchObject({
      state: 'needsReview',
      output:
        'Whether this took effect is not known. It was sent, and no answer came. The user chose to leave it: I see it',
    });
  });

  it('takes no decision that is for approvals, and an approval none that is for reviews', async () => {
    const { review } = await unknown();
    const wrong = await decide(review.id, { decision: 'allow' });
    expect([wrong.status, wrong.body.code]).toEqual([422, 'decisionUnfit']);
    expect(wrong.body.detail).toBe('"allow" does not fit a review: use "sendAgain" or "leave".');
    expect((await api.get(`/approvals/${review.id}`, { token })).body.state).toBe('pending');

    const issue = await newIssue();
    const { runId } = await start(issue, ['Hello'], { policies: { comment: 'ask' } });
    await deliverUntilRest(cloud, runId);
    const { id } = await openReview(runId);
    expect((await decide(id, { decision: 'leave' })).body.errors).toEqual([
      { field: 'body.decision', message: '"leave" does not fit an approval: use "allow" or "deny".' },
    ]);
  });

  it('is about one call: those before it are done, those behind it were not begun', async () => {
    const issue = await newIssue();
    const { runId } = await start(issue, ['One', 'Two', 'Three']);
    loseComment('before', 2);
    expect(await deliverUntilRest(cloud, runId)).toBe('waiting');
    restore();
    const states = async () => (await callsOf(runId)).map(({ state }: { state: string }) => state);
    expect(await states()).toEqual(['completed', 'needsReview', 'planned']);
    await decide((await openReview(runId)).id, { decision: 'leave' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await states()).toEqual(['completed', 'needsReview', 'completed']);
    expect((await commentsOf(issue)).map((body) => body.split('\n')[0])).toEqual(['One', 'Three']);
    const [first] = await callsOf(runId);
    expect(first.result).toMatchObject({ issue });
  });

  it('is paused and resumed with its run, and asked for again', async () => {
    const { runId, issue, review } = await unknown();
    expect((await act(runId, 'pause')).body.status).toBe('paused');
    expect((await act(runId, 'resume')).body).toMatchObject({ status: 'waiting', waitingFor: 'review' });
    expect((await eventTypes(cloud.db, runId)).slice(-3)).toEqual([
      'run.paused',
      'toolCall.needsReview',
      'run.waiting',
    ]);
    await act(runId, 'pause');
    await decide(review.id, { decision: 'sendAgain' });
    expect(await look(runId)).toMatchObject({ status: 'paused' });
    await act(runId, 'resume');
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
    expect(await commentsOf(issue)).toHaveLength(1);
  });

  it('pauses its run when nobody decides it in time, with its ids, and is asked for again', async () => {
    const { runId, review } = await unknown();
    await cloud.db.execute(sql`UPDATE runs SET sweep_after = engine_now() WHERE id = ${runId}`);
    await sweep(cloud.context.engine);
    expect(await look(runId)).toMatchObject({ status: 'paused' });
    const { rows } = await cloud.db.execute<{ type: string; data: object }>(
      sql`SELECT type, data FROM run_events WHERE run_id = ${runId} ORDER BY seq DESC LIMIT 2`,
    );
    expect(rows.reverse()).toEqual([
      { type: 'approval.expired', data: { approvalId: review.id, toolCallId: review.toolCallId } },
      { type: 'run.paused', data: { reason: 'approvalExpired' } },
    ]);
    expect((await act(runId, 'resume')).body).toMatchObject({ status: 'waiting', waitingFor: 'review' });
    await decide(review.id, { decision: 'leave' });
    expect(await deliverUntilRest(cloud, runId)).toBe('completed');
  });

  it('is closed by a cancel, and the call stays unknown', async () => {
    const { runId, review, issue } = await unknown();
    expect((await act(runId, 'cancel')).body.status).toBe('cancelled');
    expect((await decide(review.id, { decision: 'sendAgain' })).body.code).toBe('approvalClosed');
    expect((await callsOf(runId))[0]).toMatchObject({
      state: 'needsReview',
      output: 'Whether this took effect is not known. The answer was lost.',
    });
    expect(await commentsOf(issue)).toEqual([]);
  });

  it('that a cancel closed is told to the model of the run that goes on, so that it does not repeat the call', async () => {
    const { runId, issue } = await unknown();
    await act(runId, 'cancel');
    const asked: string[] = [];
    cloud.fetches.intercept = async (service, request, send) => {
      if (service === 'model') asked.push(await request.clone().text());
      return send();
    };
    const { body } = await act(runId, 'retry');
    expect(await deliverUntilRest(cloud, body.id)).toBe('completed');
    restore();
    expect(asked[0]).toMatch(/Whether this took effect is not known.*go on from where it stopped/s);
    expect(await commentsOf(issue)).toEqual([]);
  });

  it('is not asked for in a run that was paused or cancelled at that moment', async () => {
    for (const [flag, status] of [
      ['pause', 'paused'],
      ['cancel', 'cancelled'],
    ] as const) {
      const { runId } = await start(await newIssue(), ['Hello']);
      cloud.fetches.intercept = async (_service, request, send) => {
        if (!isComment(request)) return send();
        await act(runId, flag);
        throw new TypeError('connection reset');
      };
      expect(await deliverUntilRest(cloud, runId)).toBe(status);
      restore();
      expect((await callsOf(runId))[0]).toMatchObject({ state: 'needsReview' });
      if (flag === 'cancel') expect(await openReview(runId)).toBeUndefined();
      else expect((await act(runId, 'resume')).body).toMatchObject({ waitingFor: 'review' });
    }
  });
});
