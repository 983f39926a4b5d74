import { describeError } from '../../log.ts';
import { forgetKey, keepAnswer, releaseKey } from '../../store/idempotency.ts';
import type { Context } from '../context.ts';
import type { BegunRequest } from './begin-request.ts';
import { type Answer, sealAnswer } from './kept-answer.ts';

/**
 * What came of a request: an answer for good; a refusal before anything was done, after which it may come corrected; or a failure
 * that leaves open what was done.
 */
export type Settlement = { kind: 'answered'; answer: Answer } | { kind: 'refused' } | { kind: 'failed' };

/**
 * Keeps the answer, or lets the key go. When that fails the caller has the answer all the same: the key stays locked for a
 * moment, and then whoever comes with it finds what was made.
 */
export async function settleRequest(
  context: Context,
  request: BegunRequest,
  settlement: Settlement,
): Promise<void> {
  const { db, log } = context;
  try {
    switch (settlement.kind) {
      case 'answered':
        return await keepAnswer(db, request, await sealAnswer(context, request, settlement.answer));
      case 'refused':
        // An earlier try may have done something, whatever this one says.
        return await (request.isFirst ? forgetKey : releaseKey)(db, request);
      case 'failed':
        return await releaseKey(db, request);
    }
  } catch (error) {
    log.warn('answerNotKept', { error: describeError(error) });
  }
}
