import { type RateLimit, type RateLimitState, takeFromLimits } from '../../store/rate-limits.ts';
import type { Context } from '../context.ts';

/** Counts a request of somebody who has not said who they are against the limits of the address they come from. */
export function countStranger(
  { db }: Context,
  address: string,
  limits: readonly RateLimit[],
): Promise<RateLimitState> {
  return takeFromLimits(db, `address:${address}`, limits);
}
