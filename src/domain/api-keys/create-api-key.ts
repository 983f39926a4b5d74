import { newApiKey } from '../../auth/api-key.ts';
import { hashOf } from '../../crypto/hash.ts';
import { type ApiKey, insertApiKey } from '../../store/api-keys.ts';
import type { Scope } from '../../store/scopes.ts';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';

/**
 * Makes a key for an organisation. This answer alone has the key itself.
 *
 * @throws {AppError} permissionMissing for who shows a key themselves: one that leaked could make others that outlive it
 */
export async function createApiKey(
  { db, newId }: Context,
  actor: Actor,
  input: { name: string; scopes: readonly Scope[]; expiresAt: string | null },
): Promise<ApiKey & { key: string }> {
  if (actor.credential.kind === 'apiKey') {
    throw new AppError(
      'permissionMissing',
      'Keys are made by people who are signed in, not with other keys.',
    );
  }
  const { key, prefix } = newApiKey();
  const { userId, organisationId } = actor;
  const scopes = [...new Set(input.scopes)];
  const hash = await hashOf(key);
  const made = { id: newId('key'), organisationId, userId, prefix, hash, ...input, scopes };
  const row = await insertApiKey(db, made);
  if (row === null) throw invalidField('body.expiresAt', 'Choose a time to come.');
  return { ...row, key };
}
