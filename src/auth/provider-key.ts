import { open, SealError, type SealingKeys, seal } from '../crypto/seal.ts';
import { SEALED } from '../crypto/sealed.ts';

/** Seals a user's own key at a model provider for its row. */
export const sealProviderKey = (encryptionKeys: SealingKeys, userId: string, provider: string, key: string) =>
  seal(encryptionKeys, SEALED.providerKey.place(userId, provider), key);

/** Opens one; null when it was sealed with another key or altered, and has to be set again. */
export async function openProviderKey(
  encryptionKeys: SealingKeys,
  userId: string,
  provider: string,
  sealed: string,
): Promise<string | null> {
  try {
    return await open(encryptionKeys, SEALED.providerKey.place(userId, provider), sealed);
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
