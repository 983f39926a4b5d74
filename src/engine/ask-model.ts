import { createTextBatcher } from '../events/text-batcher.ts';
import { ModelError, type ModelRequest, type ModelTurn } from '../models/port.ts';
import { buildConversation, narrate } from './conversation.ts';
import type { Engine } from './engine.ts';
import { CancelRequested, LeaseLost } from './heartbeat.ts';
import { countTokens } from './step-log.ts';
import { systemPrompt } from './system-prompt.ts';
import { describeToolsOf } from './tools-of.ts';
import type { Work } from './work.ts';

/** What the model is about to be asked. */
export type Request = Omit<ModelRequest, 'signal' | 'maxOutputTokens' | 'onBegun'>;

/** What every turn is sent besides the conversation. */
export const frameOf = ({ context }: Pick<Work, 'context'>) => ({
  model: context.model,
  system: systemPrompt(context),
  tools: describeToolsOf(context),
});

export const nextRequest = (work: Pick<Work, 'context' | 'inboxSeq'>): Request => ({
  ...frameOf(work),
  messages: buildConversation(narrate(work.context.runs, work.inboxSeq)),
});

/**
 * What came of a call of the model. Text of a call that gave no turn stays readable, its calls never run (E11). `begun`: the
 * provider had taken the request, so it costs something although there may be no text.
 */
export type Reply =
  | { kind: 'turn'; turn: ModelTurn; modelMs: number }
  | { kind: 'failed'; error: ModelError; text: string; begun: boolean }
  | { kind: 'cancelled'; text: string; begun: boolean };

/** What came of asking the model for a turn. */
export type Answer =
  | (Extract<Reply, { kind: 'turn' }> & { deliveredSeq: number })
  | Exclude<Reply, { kind: 'turn' }>;

/**
 * Asks the model for the next turn and streams its text to followers meanwhile.
 *
 * @param options.isHeard whether followers are sent the text as it is written
 * @throws {LeaseLost} when the run was taken over
 */
export async function askModel(
  engine: Engine,
  work: Work,
  request: Request,
  { maxOutputTokens, isHeard }: { maxOutputTokens: number; isHeard: boolean },
): Promise<Answer> {
  const deliveredSeq = work.inboxSeq;
  const reply = await callModel(engine, work, { ...request, maxOutputTokens }, { isHeard });
  return reply.kind === 'turn' ? { ...reply, deliveredSeq } : reply;
}

/**
 * Calls the model at hand under its lease; a cancel ends the call.
 *
 * @param options.isHeard whether followers are sent the text as it is written
 * @throws {LeaseLost} when the run was taken over
 */
export async function callModel(
  engine: Engine,
  work: Work,
  request: Omit<ModelRequest, 'signal' | 'onBegun'>,
  { isHeard }: { isHeard: boolean },
): Promise<Reply> {
  const { context, heartbeat } = work;
  const startedAt = engine.now();
  let text = '';
  let begun = false;
  const onBegun = () => {
    begun = true;
  };
  const batcher = createTextBatcher({
    flush: (piece) =>
      engine.live.flush(work.agentId, work.runId, { stepNo: work.stepNo, attempt: work.epoch, ...piece }),
    onCancel: heartbeat.cancel,
  });
  try {
    const ask = engine.models.for(context.provider, work.ownKey ?? null);
    for await (const event of ask({ ...request, signal: heartbeat.run, onBegun })) {
      if (event.type === 'turn') {
        countTokens(work, event.turn);
        return { kind: 'turn', turn: event.turn, modelMs: engine.now() - startedAt };
      }
      text += event.text;
      if (isHeard) batcher.add(event.text);
    }
    throw new ModelError('The stream ended without a final event.', { retryable: true });
  } catch (error) {
    const reason: unknown = heartbeat.run.aborted ? heartbeat.run.reason : error;
    if (reason instanceof CancelRequested) return { kind: 'cancelled', text, begun };
    if (reason instanceof LeaseLost) throw reason;
    if (error instanceof ModelError) return { kind: 'failed', error, text, begun };
    throw error;
  } finally {
    work.measured.modelMs += engine.now() - startedAt;
    await batcher.end();
  }
}
