import { findUser, type User } from '../../store/users.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

const goneUser = () => new AppError('accessTokenInvalid', 'The user of this token is gone.');

/** @throws {AppError} accessTokenInvalid when the user is gone although their token is still good */
export async function getMe({ db }: Context, userId: string): Promise<User> {
  const user = await findUser(db, userId);
  if (user === null) throw goneUser();
  return user;
}
