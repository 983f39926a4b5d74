import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { askUser } from '../../src/store/runs/ask.ts';
import { editMessage, withdrawMessage } from '../../src/store/runs/change-message.ts';
import { cancelRun, pauseRun, resumeRun } from '../../src/store/runs/control.ts';
import { addMessage, takeMessages } from '../../src/store/runs/inbox.ts';
import { event, eventTypes, queuedRun, stepRow, waitsForInput } from '../support/runs.ts';
import { control, LEASE_MS, operationId } from '../support/worker.ts';
import { describeRaces, RACERS, race, winners } from './races.ts';

describeRaces('about messages', (races) => {
  const { claim, commit, row } = races;

  it('change messages while workers take them: what was heard is what they say then', async () => {
    const { runId, agentId } = await queuedRun(races.db);
    await claim(runId);
    const id = (racer: number) => `${runId}-${racer}`;
    const change = (racer: number) => ({ agentId, messageId: id(racer), speech: null });
    await race((racer) =>
      addMessage(races.db, { ...change(racer), text: 'as sent', resumed: event('run.resumed') }),
    );
    const looks = await race(async (racer) => {
      const [taken] = await Promise.all([
        racer % 8 === 0 ? takeMessages(races.db, { runId, epoch: 1, afterSeq: 0 }) : null,
        editMessage(races.db, { ...change(racer), text: `edited ${racer}` }),
        racer % 2 === 0 ? withdrawMessage(races.db, change(racer)) : null,
      ]);
      return taken;
    });
    const { rows: left } = await races.db.execute<{ seq: number; text: string }>(
      sql`SELECT seq, text FROM messages WHERE run_id = ${runId} AND withdrawn_at IS NULL ORDER BY seq`,
    );
    const heard = winners(looks);
    expect(heard).toHaveLength(RACERS / 8);
    for (const { messages, inboxSeq } of heard) {
      expect(inboxSeq).toBe(RACERS);
      expect(messages).toEqual(left);
    }
    await eventTypes(races.db, runId);
  });

  it('finish a run while it is sent messages: it never finishes past one', async () => {
    for (let round = 0; round < 4; round++) {
      const { runId, agentId, workspaceId } = await queuedRun(races.db);
      await claim(runId);
      const finish = () => commit(runId, { intent: 'finish', workspaceId });
      const say = (racer: number) =>
        addMessage(races.db, {
          agentId,
          messageId: `${runId}-${racer}`,
          text: 'more',
          speech: null,
          resumed: event('run.resumed'),
        });
      const results = await race<object | null>((racer) => (racer === 32 ? finish() : say(racer)));
      const placed = winners(results.filter((_, racer) => racer !== 32));
      const { status, inbox_seq } = await row(runId);
      expect(inbox_seq).toBe(placed.length);
      expect(status).toBe(placed.length === 0 ? 'completed' : 'running');
      await eventTypes(races.db, runId);
    }
  });

  it('answer a question: one dispatches the run, and nothing is lost', async () => {
    for (let round = 0; round < 4; round++) {
      const { runId, agentId } = await queuedRun(races.db);
      await claim(runId);
      const ask = () =>
        askUser(races.db, {
          runId,
          epoch: 1,
          operationId: operationId(),
          leaseMs: LEASE_MS,
          step: stepRow(1),
          call: {
            id: `${runId}-call`,
            ordinal: 0,
            providerCallId: 'toolu_0',
            name: 'ask_user',
            state: 'awaitingInput',
            marked: false,
            argumentsSha256: null,
            output: null,
            result: null,
          },
          events: [],
          question: { type: 'question.asked', data: { stepNo: 1, question: 'Which one?' }, speech: null },
          outcomes: {
            cancelled: event('run.cancelled'),
            paused: event('run.paused'),
            waiting: waitsForInput,
          },
        });
      if (round % 2 === 0) await ask();
      const answer = (racer: number) =>
        addMessage(races.db, {
          agentId,
          messageId: `${runId}-${racer}`,
          text: String(racer),
          speech: null,
          resumed: event('run.resumed'),
        });
      const asker = round % 2 === 0 ? -1 : round === 1 ? 0 : 32;
      let asked: Awaited<ReturnType<typeof ask>> = null;
      const placed = winners(
        await race(async (racer) => {
          if (racer !== asker) return answer(racer);
          asked = await ask();
          return null;
        }),
      );
      expect(placed.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(placed.map((_, at) => at + 1));
      const { status, inbox_seq, dispatch_no, waiting_for } = await row(runId);
      expect(inbox_seq).toBe(placed.length);
      const types = await eventTypes(races.db, runId);
      // Either the question came first and one message answers it, or it was not put.
      const wasPut = types.includes('question.asked');
      expect(asker === -1 || asked !== null).toBe(true);
      expect(placed.filter(({ resumed }) => resumed !== null)).toHaveLength(wasPut ? 1 : 0);
      expect(types.filter((type) => type === 'run.resumed')).toHaveLength(wasPut ? 1 : 0);
      expect({ status, dispatch_no, waiting_for }).toEqual(
        wasPut
          ? { status: 'queued', dispatch_no: 2, waiting_for: null }
          : { status: 'running', dispatch_no: 1, waiting_for: null },
      );
    }
  });

  it('answer, pause, resume and cancel while a question is open: it ends cancelled, once', async () => {
    const { runId, agentId } = await queuedRun(races.db);
    await claim(runId);
    await races.db.execute(
      sql`UPDATE runs SET status = 'waiting', waiting_for = 'input', asked_seq = 0, lease_expires_at = NULL WHERE id = ${runId}`,
    );
    const answer = (racer: number) =>
      addMessage(races.db, {
        agentId,
        messageId: `${runId}-${racer}`,
        text: 'x',
        speech: null,
        resumed: event('run.resumed'),
      });
    await race<object | null>((racer) => {
      if (racer === 60) return cancelRun(races.db, control(runId, 'run.cancelled'));
      if (racer % 3 === 0) return pauseRun(races.db, control(runId, 'run.paused'));
      return racer % 3 === 1 ? resumeRun(races.db, control(runId, 'run.resumed')) : answer(racer);
    });
    const types = await eventTypes(races.db, runId);
    expect(types.filter((type) => type === 'run.cancelled')).toHaveLength(1);
    expect(types.at(-1)).toBe('run.cancelled');
    expect(await row(runId)).toMatchObject({ status: 'cancelled', waiting_for: null });
  });
});
