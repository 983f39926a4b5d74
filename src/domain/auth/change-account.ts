import { setDailyLimit } from '../../store/users.ts';
import type { Context } from '../context.ts';
import { toMicroUsd } from '../money.ts';
import { type Account, getAccount } from './get-account.ts';

/**
 * Sets what the user's runs may cost in a day (UTC); null goes back to what the deployment allows. Runs that wait for that go
 * on when they are resumed.
 *
 * @throws {AppError} accessTokenInvalid when the user is gone although their token is still good
 */
export async function changeAccount(
  context: Context,
  { userId, dailyCostLimitUsd }: { userId: string; dailyCostLimitUsd: number | null },
): Promise<Account> {
  await setDailyLimit(context.db, userId, toMicroUsd(dailyCostLimitUsd));
  return getAccount(context, userId);
}
