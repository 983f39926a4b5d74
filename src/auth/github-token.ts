import { open, SealError, seal } from '../crypto/seal.ts';
import type { GitHubTokens } from '../github/oauth.ts';
import type { SealedGithubToken } from '../store/github-tokens.ts';

const placeOf = (userId: string) => `users/${userId}/githubToken`;
const refreshPlaceOf = (userId: string) => `users/${userId}/githubRefreshToken`;

/** Seals what GitHub gave for a user for their row. */
export async function sealGithubTokens(
  encryptionKey: string,
  userId: string,
  { token, refreshToken, expiresInSeconds }: GitHubTokens,
): Promise<SealedGithubToken> {
  return {
    sealedToken: await seal(encryptionKey, placeOf(userId), token),
    sealedRefreshToken:
      refreshToken === null ? null : await seal(encryptionKey, refreshPlaceOf(userId), refreshToken),
    expiresInSeconds,
  };
}

/** Opens a user's sealed token; null when it was sealed with another key or altered, and they have to sign in again. */
export const openGithubToken = (encryptionKey: string, userId: string, sealed: string) =>
  openOrNull(encryptionKey, placeOf(userId), sealed);

/** The same of their refresh token. */
export const openGithubRefreshToken = (encryptionKey: string, userId: string, sealed: string) =>
  openOrNull(encryptionKey, refreshPlaceOf(userId), sealed);

async function openOrNull(encryptionKey: string, place: string, sealed: string): Promise<string | null> {
  try {
    return await open(encryptionKey, place, sealed);
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
