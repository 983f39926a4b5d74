import { createTextBatcher } from '../events/text-batcher.ts';
import { ModelError, type ModelRequest, type ModelTurn } from '../models/port.ts';
import { describeTools } from '../tools/catalog.ts';
import { buildConversation } from './conversation.ts';
import type { Engine } from './engine.ts';
import { CancelRequested, LeaseLost } from './heartbeat.ts';
import { systemPrompt } from './system-prompt.ts';
import type { Work } from './work.ts';

/** What the model is about to be asked. */
export type Request = Omit<ModelRequest, 'signal' | 'maxOutputTokens'>;

export const nextRequest = ({ context, inboxSeq }: Work): Request => ({
  model: context.model,
  system: systemPrompt(context),
  messages: buildConversation(context.runs, inboxSeq),
  tools: describeTools(context.tools),
});

/** What came of asking the model for a turn. Text of a call that gave no turn stays readable, its calls never run (E11). */
export type Answer =
  | { kind: 'turn'; turn: ModelTurn; deliveredSeq: number; modelMs: number }
  | { kind: 'failed'; error: ModelError; text: string }
  | { kind: 'cancelled'; text: string };

/**
 * Asks the model for the next turn and streams its text to followers meanwhile.
 *
 * @throws {LeaseLost} when the run was taken over
 */
export async function askModel(
  engine: Engine,
  work: Work,
  request: Request,
  maxOutputTokens: number,
): Promise<Answer> {
  const { context, heartbeat } = work;
  const deliveredSeq = work.inboxSeq;
  const startedAt = engine.now();
  let text = '';
  const batcher = createTextBatcher({
    flush: (piece) =>
      engine.live.flush(work.agentId, work.runId, { stepNo: work.stepNo, attempt: work.epoch, ...piece }),
    onCancel: heartbeat.cancel,
  });
  try {
    const ask = engine.models.for(context.provider);
    const events = ask({ ...request, maxOutputTokens, signal: heartbeat.run });
    for await (const event of events) {
      if (event.type === 'turn') {
        return { kind: 'turn', turn: event.turn, deliveredSeq, modelMs: engine.now() - startedAt };
      }
      text += event.text;
      batcher.add(event.text);
    }
    throw new ModelError('The stream ended without a final event.', { retryable: true });
  } catch (error) {
    const reason: unknown = heartbeat.run.aborted ? heartbeat.run.reason : error;
    if (reason instanceof CancelRequested) return { kind: 'cancelled', text };
    if (reason instanceof LeaseLost) throw reason;
    if (error instanceof ModelError) return { kind: 'failed', error, text };
    throw error;
  } finally {
    await batcher.end();
  }
}
