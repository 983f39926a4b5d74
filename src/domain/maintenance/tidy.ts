import { forgetExpiredKeys } from '../../store/idempotency.ts';
import { forgetRateLimits } from '../../store/rate-limits.ts';
import type { Context } from '../context.ts';

/** Throws away what has served its time. The hourly sweep calls it; missing it once or doing it twice does no harm. */
export async function tidy({ db }: Context): Promise<void> {
  await forgetRateLimits(db);
  await forgetExpiredKeys(db);
}
