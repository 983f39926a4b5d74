import { announce } from '../../engine/announce.ts';
import type { Run } from '../../store/run-reads.ts';
import { addMessage, type PlacedMessage } from '../../store/runs/inbox.ts';
import { startRun } from '../../store/runs/start.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { getRun } from '../runs/get-run.ts';
import { newRun } from '../runs/new-run.ts';
import { tellOfStart } from '../runs/tell.ts';
import { archivedAgent, getAgent } from './get-agent.ts';

/** A run can end or begin between two looks at the agent; so many in a row are an accident. */
const LOOKS = 3;

/** What became of a message: the agent's next run, or a place in the inbox of the one under way. */
export type Delivered = { kind: 'started'; run: Run } | ({ kind: 'queued' } & PlacedMessage);

/**
 * Says something to an agent: one that is idle starts on it, a busy one hears it at its next model turn.
 *
 * @throws {AppError} notFound, agentArchived or unavailable
 */
export async function sendMessage(
  context: Context,
  { userId, agentId, text }: { userId: string; agentId: string; text: string },
): Promise<Delivered> {
  for (let look = 0; look < LOOKS; look++) {
    const agent = await getAgent(context, { userId, agentId });
    if (agent.status === 'archived') throw archivedAgent();
    const placed = agent.activeRun && (await queue(context, agentId, text));
    if (placed) return { kind: 'queued', ...placed };
    const run = newRun(context, agentId, text);
    if (await startRun(context.db, run)) {
      await tellOfStart(context, run);
      return { kind: 'started', run: await getRun(context, { userId, runId: run.runId }) };
    }
  }
  throw new AppError('unavailable', 'The agent keeps changing. Try again shortly.', { retryAfterSeconds: 1 });
}

async function queue(
  { db, live, newId }: Context,
  agentId: string,
  text: string,
): Promise<PlacedMessage | null> {
  const messageId = newId('message');
  const { speech } = announce({ type: 'message.received', data: { messageId, seq: 0, text } });
  const placed = await addMessage(db, { agentId, messageId, text, speech });
  if (placed === null) return null;
  await live.nudge(agentId, placed.runId, placed.eventSeq);
  return placed;
}
