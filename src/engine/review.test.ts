import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { openComments } from '../../test/support/comments.ts';
import { deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';
import { eventTypes } from '../../test/support/runs.ts';
import { sweep } from './sweep.ts';

const opened = await openApi();
const { cloud, api, token } = opened;
const {
  github,
  newIssue,
  commentsOf,
  start,
  look,
  callsOf,
  decide,
  act,
  openReview,
  isComment,
  loseComment,
  restore,
  unknown,
} = await openComments(opened);

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

it('a cancel in the moment of a review leaves the calls behind it not begun', async () => {
  const calls = [
    { name: 'comment', input: { issue: 1, body: 'Hello' } },
    { name: 'create_branch', input: { name: 'keep/this' } },
  ];
  const agent = { repository: 'demo/todo-api', prompt: scriptOf({ text: 'I comment.', calls }) };
  const runId = (await api.post('/agents', agent, { token })).body.activeRun.id;
  let isCancelled = false;
  cloud.fetches.intercept = async (_service, request, send) => {
    if (isCancelled || request.method !== 'POST' || !request.url.endsWith('/comments')) return send();
    isCancelled = true;
    await api.post(`/runs/${runId}/cancel`, undefined, { token });
    throw new TypeError('connection reset');
  };
  expect(await deliverUntilRest(cloud, runId)).toBe('cancelled');
  const steps = (await api.get(`/runs/${runId}/steps`, { token })).body.data;
  expect(steps[0].toolCalls).toMatchObject([
    { name: 'comment', state: 'needsReview' },
    { name: 'create_branch', state: 'skipped', output: 'Not run: the run ended before.' },
  ]);
});
