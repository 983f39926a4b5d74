import { open, SealError, seal } from '../crypto/seal.ts';
import type { Database } from '../store/database.ts';
import { findSealedGithubToken } from '../store/users.ts';

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

/** A user's GitHub token; null when there is none that we can open. */
export async function readGithubToken(
  db: Database,
  encryptionKey: string,
  userId: string,
): Promise<string | null> {
  const sealed = await findSealedGithubToken(db, userId);
  return sealed === null ? null : openGithubToken(encryptionKey, userId, sealed);
}
