import { dispatch } from '../../engine/dispatch.ts';
import { wakeForDay } from '../../store/runs/wake.ts';
import { setDailyLimit } from '../../store/users.ts';
import type { Context } from '../context.ts';
import { toMicroUsd } from '../money.ts';
import { type Account, getAccount } from './get-account.ts';

/**
 * Sets what the user's runs may cost in a day (UTC); null goes back to what the deployment allows. Runs that wait for that look at
 * once whether there is room.
 *
 * @throws {AppError} accessTokenInvalid when the user is gone although their token is still good
 */
export async function changeAccount(
  context: Context,
  { userId, dailyCostLimitUsd }: { userId: string; dailyCostLimitUsd: number | null },
): Promise<Account> {
  const { db, live, engine } = context;
  await setDailyLimit(db, userId, toMicroUsd(dailyCostLimitUsd));
  const woken = await wakeForDay(db, userId);
  await Promise.all([
    ...(woken.length > 0 ? [live.wakeSweeper()] : []),
    ...woken.map((run) => dispatch(engine, { ...run, status: 'waiting', wakeInMs: 0 })),
  ]);
  return getAccount(context, userId);
}
