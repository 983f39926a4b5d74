import { announce, RESUMED } from '../../engine/announce.ts';
import { dispatch } from '../../engine/dispatch.ts';
import type { OutputSchema } from '../../output-schema/output-schema.ts';
import { findRun, type Run } from '../../store/run-reads.ts';
import {
  findQueued,
  isQueueFull,
  LONGEST_QUEUE,
  type QueuedPlace,
  queueMessage,
} from '../../store/runs/after-run.ts';
import type { Along } from '../../store/runs/along.ts';
import { addMessage, findAdded, type PlacedMessage } from '../../store/runs/inbox.ts';
import { startRun } from '../../store/runs/start.ts';
import type { Deliver } from '../../store/states.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';
import { madeBefore } from '../made-before.ts';
import { takeMessage } from '../messages/message-limit.ts';
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
  messageId: string;
  agentId: string;
  text: string;
  deliver: Deliver;
  /** What the result of the run that it starts is held to; where left out, what the agent says. */
  outputSchema?: OutputSchema | undefined;
  /** Anybody may have written it; with `deliver: "now"` only. */
  isUntrusted?: boolean | undefined;
  /** What else its statement does; with `deliver: "now"` only. */
  along?: Along | undefined;
}

/**
 * Says something to an agent: one that is idle starts on it, a busy one hears it at its next model turn, as the answer if it
 * has asked something, or, `afterRun`, starts on it when its run is over.
 *
 * @throws {AppError} notFound, agentArchived, messageLimitReached, queueFull or unavailable
 */
export async function sendMessage(
  context: Context,
  { organisationId, userId, ...input }: Omit<Said, 'messageId'> & { organisationId: string; userId: string },
): Promise<Delivered> {
  const { agentId, text } = input;
  const said = { ...input, messageId: context.newId('message') };
  const run = {
    ...newRun(context, agentId, text),
    isUntrusted: input.isUntrusted,
    outputSchema: input.outputSchema,
  };
  const begin = async () => {
    await tellOfStart(context, run);
    return { kind: 'started', run: await getRun(context, { organisationId, runId: run.runId }) } as const;
  };
  if (await madeBefore(context, () => findRun(context.db, organisationId, run.runId))) return begin();
  const before = await madeBefore(context, () => find(context, said));
  if (before) return { kind: 'queued', ...(await tell(context, said, before)) };
  for (let look = 0; look < LOOKS; look++) {
    const agent = await getAgent(context, { organisationId, agentId });
    if (agent.status === 'archived') throw archivedAgent();
    if (look === 0) await takeMessage(context, userId);
    if (agent.activeRun && input.outputSchema && said.deliver === 'now') throw startsNothing();
    const placed = agent.activeRun && (await queue(context, said));
    if (placed) return { kind: 'queued', ...placed };
    if (await startRun(context.db, run, input.along)) return begin();
  }
  throw agentKeepsChanging();
}

const startsNothing = () =>
  invalidField(
    'body.outputSchema',
    'The agent is at a run, which keeps what it began with. Send it with deliver "afterRun", or when the run is over.',
  );

/** @returns null when the agent's run has ended meanwhile */
async function queue(context: Context, said: Said): Promise<Place | null> {
  const { db } = context;
  const { agentId, messageId, text, deliver, along, isUntrusted, outputSchema } = said;
  const { speech } = announce({ type: 'message.received', data: { messageId, deliver, seq: 0, text } });
  const message = { agentId, messageId, text, speech, along, isUntrusted, outputSchema };
  const placed = await place(context, message, deliver);
  if (placed === null && deliver === 'afterRun' && (await isQueueFull(db, agentId))) {
    throw new AppError('queueFull', `${LONGEST_QUEUE} messages wait already. Withdraw one, or send it now.`);
  }
  return placed && tell(context, said, placed);
}

/** Says that a message has its place. */
async function tell(
  { live, engine }: Context,
  { agentId, deliver }: Said,
  { id, runId, seq, ahead, eventSeq, resumed }: Placed,
): Promise<Place> {
  const answered = resumed && ({ runId, status: 'queued', wakeInMs: null, ...resumed } as const);
  await Promise.all([
    live.nudge(agentId, runId, eventSeq),
    ...(answered ? [live.wakeSweeper(), dispatch(engine, answered)] : []),
  ]);
  return { id, runId, deliver, seq, ahead };
}

type Placed = Omit<PlacedMessage, 'seq'> & { seq: number | null };

async function place(
  { db, origin }: Context,
  message: Parameters<typeof queueMessage>[1] & {
    along: Along | undefined;
    isUntrusted: boolean | undefined;
  },
  deliver: Deliver,
): Promise<Placed | null> {
  switch (deliver) {
    case 'now':
      return addMessage(db, { ...message, resumed: RESUMED() });
    case 'afterRun': {
      const placed = await queueMessage(db, { ...message, traceId: origin?.traceId ?? null });
      return placed && unnumbered(placed);
    }
  }
}

/** The place that an earlier try gave the message. */
async function find({ db }: Context, { messageId, deliver }: Said): Promise<Placed | null> {
  switch (deliver) {
    case 'now':
      return findAdded(db, messageId);
    case 'afterRun': {
      const placed = await findQueued(db, messageId);
      return placed && unnumbered(placed);
    }
  }
}

const unnumbered = (placed: QueuedPlace): Placed => ({ ...placed, seq: null, resumed: null });
