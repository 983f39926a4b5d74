import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { openComments } from '../../test/support/comments.ts';
import { deliver, deliverUntilRest } from '../../test/support/deliver.ts';
import { eventTypes } from '../../test/support/runs.ts';

const opened = await openApi();
const { cloud } = opened;
const {
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
} = await openComments(opened);

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
