import { type Attempt, type Key, reserveKey } from '../../store/idempotency.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { type Answer, openAnswer } from './kept-answer.ts';

/** Most requests are answered in less; then whoever asks again gets the answer. */
const ASK_AGAIN_SECONDS = 2;

/** A try to carry out a request. What it makes has ids derived from `seed`, and may be there already when it is not the first. */
export type BegunRequest = Attempt & { kind: 'begun'; seed: string; isFirst: boolean };

/**
 * Begins a request that came with an `Idempotency-Key`, or finds the answer that it got before.
 *
 * @param request.fingerprint what makes two requests the same one
 * @throws {AppError} idempotencyConflict or idempotencyKeyReused
 */
export async function beginRequest(
  context: Context,
  { fingerprint, ...key }: Key & { fingerprint: string },
): Promise<BegunRequest | { kind: 'answered'; answer: Answer }> {
  const attempt = { ...key, operationId: crypto.randomUUID() };
  const seed = context.newId('key');
  const reservation = await reserveKey(context.db, { ...attempt, fingerprint, seed });
  switch (reservation.kind) {
    case 'yours':
      return { ...attempt, kind: 'begun', seed: reservation.seed, isFirst: reservation.attempt === 1 };
    case 'answered':
      return { kind: 'answered', answer: await openAnswer(context, key, reservation.sealedAnswer) };
    case 'underWay':
      throw new AppError(
        'idempotencyConflict',
        'The first request with this Idempotency-Key is still under way.',
        { retryAfterSeconds: ASK_AGAIN_SECONDS },
      );
    case 'reused':
      throw new AppError(
        'idempotencyKeyReused',
        'This Idempotency-Key came with another body or address before. Use a new one.',
      );
  }
}
