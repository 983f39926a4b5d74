import { describe, expect, it } from 'vitest';
import { event, eventTypes, queuedRun } from '../../../test/support/runs.ts';
import { openStatements } from '../../../test/support/statements.ts';
import { LEASE_MS, operationId } from '../../../test/support/worker.ts';
import { addMessage } from './inbox.ts';
import { reserveMore } from './reserve.ts';

const { database, pass, claim, commit, sweep } = await openStatements();
const { db } = database;
const silent = { warning: null, reached: null, waiting: null };

/** A run that has said its last word in the only step it may take, with a message that nobody has heard. */
async function answeredRun() {
  const ids = await queuedRun(db, { maxSteps: 1 });
  await claim(ids.runId);
  const message = { agentId: ids.agentId, messageId: `${ids.runId}-1`, text: 'and?', speech: null };
  await addMessage(db, { ...message, resumed: event('run.resumed') });
  const committed = await commit(ids.runId, { epoch: 1, stepNo: 1, intent: 'finish' });
  return { ...ids, committed };
}

describe('a run that was answered in its last step', () => {
  it('goes on to look whether its message still stands, with nothing reserved', async () => {
    const { committed } = await answeredRun();
    expect(committed).toMatchObject({ status: 'running', reservedMicroUsd: 0 });
  });

  it('looks also after its worker was lost', async () => {
    const { runId } = await answeredRun();
    await pass(LEASE_MS);
    await sweep();
    expect(await claim(runId, 2)).toMatchObject({ status: 'running', reservedMicroUsd: 0 });
    expect(await eventTypes(db, runId)).not.toContain('budget.reached');
  });

  it('waits once there is something to ask the model', async () => {
    const { runId } = await answeredRun();
    const asked = await reserveMore(db, {
      runId,
      epoch: 1,
      stepNo: 2,
      operationId: operationId(),
      leaseMs: LEASE_MS,
      budget: {
        dailyLimitMicroUsd: null,
        speech: { steps: silent, duration: silent, cost: silent, dailyCost: silent },
        nextStep: { leastMicroUsd: 100, mostMicroUsd: 1_000 },
      },
      outcomes: { cancelled: event('run.cancelled'), paused: event('run.paused') },
    });
    expect(asked).toMatchObject({ status: 'waiting' });
    expect((await eventTypes(db, runId)).slice(-2)).toEqual(['budget.reached', 'run.waiting']);
  });
});
