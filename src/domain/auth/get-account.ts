import { readDailyCost, type User } from '../../store/users.ts';
import type { Context } from '../context.ts';
import { getMe } from './get-me.ts';

/** A user with what they may spend in a day (UTC), and have. Null for no limit. */
export interface Account extends User {
  dailyCostLimitUsd: number | null;
  spentTodayUsd: number;
}

/** @throws {AppError} accessTokenInvalid when the user is gone although their token is still good */
export async function getAccount(context: Context, userId: string): Promise<Account> {
  const user = await getMe(context, userId);
  const daily = await readDailyCost(context.db, userId);
  const limit = daily?.limitMicroUsd ?? context.engine.settings.dailyLimitMicroUsd;
  return {
    ...user,
    dailyCostLimitUsd: limit === null ? null : limit / 1e6,
    spentTodayUsd: (daily?.spentMicroUsd ?? 0) / 1e6,
  };
}
