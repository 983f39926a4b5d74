import { open, SealError, seal } from '../crypto/seal.ts';
import type { Database } from '../store/database.ts';
import { findGithubAccess } from '../store/users.ts';

const placeOf = (userId: string) => `users/${userId}/githubToken`;

/** Seals a user's GitHub token for their row. */
export const sealGithubToken = (encryptionKey: string, userId: string, token: string) =>
  seal(encryptionKey, placeOf(userId), token);

/** Opens a user's sealed token; null when it was sealed with another key or altered, and they have to sign in again. */
export async function openGithubToken(
  encryptionKey: string,
  userId: string,
  sealed: string,
): Promise<string | null> {
  try {
    return await open(encryptionKey, placeOf(userId), sealed);
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}

/** A user's GitHub token: `lost` when there is none that we can open, `notLinked` when they have no account there. */
export async function readGithubToken(
  db: Database,
  encryptionKey: string,
  userId: string,
): Promise<{ kind: 'token'; token: string } | { kind: 'lost' | 'notLinked' }> {
  const access = await findGithubAccess(db, userId);
  if (access?.isLinked === false) return { kind: 'notLinked' };
  const token = access?.sealedToken ? await openGithubToken(encryptionKey, userId, access.sealedToken) : null;
  return token === null ? { kind: 'lost' } : { kind: 'token', token };
}
