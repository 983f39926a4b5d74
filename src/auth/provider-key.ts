import { open, SealError, seal } from '../crypto/seal.ts';

const placeOf = (userId: string, provider: string) => `provider_keys/${userId}/${provider}`;

/** Seals a user's own key at a model provider for its row. */
export const sealProviderKey = (encryptionKey: string, userId: string, provider: string, key: string) =>
  seal(encryptionKey, placeOf(userId, provider), key);

/** Opens one; null when it was sealed with another key or altered, and has to be set again. */
export async function openProviderKey(
  encryptionKey: string,
  userId: string,
  provider: string,
  sealed: string,
): Promise<string | null> {
  try {
    return await open(encryptionKey, placeOf(userId, provider), sealed);
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
