import { announce, RESUMED } from '../../engine/announce.ts';
import { dispatch } from '../../engine/dispatch.ts';
import type { Run } from '../../store/run-reads.ts';
import { isQueueFull, LONGEST_QUEUE, queueMessage } from '../../store/runs/after-run.ts';
import { addMessage } from '../../store/runs/inbox.ts';
import { startRun } from '../../store/runs/start.ts';
import type { Deliver } from '../../store/states.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getRun } from '../runs/get-run.ts';
import { newRun } from '../runs/new-run.ts';
import { tellOfStart } from '../runs/tell.ts';
import { archivedAgent, getAgent } from './get-agent.ts';
import { agentKeepsChanging, LOOKS } from './looks.ts';

/**
 * A message's place: `seq` is its number in the inbox of the run under way, null when it waits for that run to end. `ahead`
 * messages are heard, or start a run, before it.
 */
interface Place {
  id: string;
  runId: string;
  deliver: Deliver;
  seq: number | null;
  ahead: number;
}

/** What became of a message: the agent's next run, or a place behind others. */
export type Delivered = { kind: 'started'; run: Run } | ({ kind: 'queued' } & Place);

interface Said {
  agentId: string;
  text: string;
  deliver: Deliver;
}

/**
 * Says something to an agent: one that is idle starts on it, a busy one hears it at its next model turn, as the answer if it
 * has asked something, or, `afterRun`, starts on it when its run is over.
 *
 * @throws {AppError} notFound, agentArchived, queueFull or unavailable
 */
export async function sendMessage(
  context: Context,
  { userId, ...said }: Said & { userId: string },
): Promise<Delivered> {
  const { agentId, text } = said;
  for (let look = 0; look < LOOKS; look++) {
    const agent = await getAgent(context, { userId, agentId });
    if (agent.status === 'archived') throw archivedAgent();
    const placed = agent.activeRun && (await queue(context, said));
    if (placed) return { kind: 'queued', ...placed };
    const run = newRun(context, agentId, text);
    if (await startRun(context.db, run)) {
      await tellOfStart(context, run);
      return { kind: 'started', run: await getRun(context, { userId, runId: run.runId }) };
    }
  }
  throw agentKeepsChanging();
}

/** @returns null when the agent's run has ended meanwhile */
async function queue(context: Context, { agentId, text, deliver }: Said): Promise<Place | null> {
  const { db, live, newId, engine } = context;
  const messageId = newId('message');
  const { speech } = announce({ type: 'message.received', data: { messageId, deliver, seq: 0, text } });
  const message = { agentId, messageId, text, speech };
  const placed = await place(context, message, deliver);
  if (placed === null && deliver === 'afterRun' && (await isQueueFull(db, agentId))) {
    throw new AppError('queueFull', `${LONGEST_QUEUE} messages wait already. Withdraw one, or send it now.`);
  }
  if (placed === null) return null;
  const { id, runId, seq, ahead, eventSeq, resumed } = placed;
  const answered = resumed && ({ runId, status: 'queued', wakeInMs: null, ...resumed } as const);
  await Promise.all([
    live.nudge(agentId, runId, eventSeq),
    ...(answered ? [live.wakeSweeper(), dispatch(engine, answered)] : []),
  ]);
  return { id, runId, deliver, seq, ahead };
}

async function place({ db }: Context, message: Parameters<typeof queueMessage>[1], deliver: Deliver) {
  switch (deliver) {
    case 'now':
      return addMessage(db, { ...message, resumed: RESUMED() });
    case 'afterRun': {
      const placed = await queueMessage(db, message);
      return placed && { ...placed, seq: null, resumed: null };
    }
  }
}
