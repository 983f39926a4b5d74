import { type ApiKey, findApiKey } from '../../store/api-keys.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

export interface WhichKey {
  organisationId: string;
  apiKeyId: string;
}

export const unknownKey = () => new AppError('notFound', 'There is no such API key.');

/** @throws {AppError} notFound */
export async function getApiKey({ db }: Context, which: WhichKey): Promise<ApiKey> {
  const key = await findApiKey(db, which.organisationId, which.apiKeyId);
  if (key === null) throw unknownKey();
  return key;
}
