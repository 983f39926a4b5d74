import { deleteProviderKey as forget } from '../../store/provider-keys.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/**
 * Forgets a user's own key. A step under way may still end with it.
 *
 * @throws {AppError} notFound
 */
export async function deleteProviderKey(
  { db }: Context,
  { userId, provider }: { userId: string; provider: string },
): Promise<void> {
  if (!(await forget(db, userId, provider))) {
    throw new AppError('notFound', 'You have no key of your own at this provider.');
  }
}
