import type { Context } from './context.ts';

/**
 * What an earlier try of the same request has made, if there was one: looked for under the ids that this try would give it.
 * Without an `Idempotency-Key` every id is new, and nobody asks.
 */
export async function madeBefore<Made>(
  { origin }: Pick<Context, 'origin'>,
  find: () => Promise<Made | null>,
): Promise<Made | null> {
  return origin?.isRepeated ? find() : null;
}
