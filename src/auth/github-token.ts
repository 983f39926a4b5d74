import { open, SealError, type SealingKeys, seal } from '../crypto/seal.ts';
import { SEALED } from '../crypto/sealed.ts';
import type { GitHubTokens } from '../github/oauth.ts';
import type { SealedGithubToken } from '../store/github-tokens.ts';

/** Seals what GitHub gave for a user for their row. */
export async function sealGithubTokens(
  encryptionKeys: SealingKeys,
  userId: string,
  { token, refreshToken, expiresInSeconds }: GitHubTokens,
): Promise<SealedGithubToken> {
  return {
    sealedToken: await seal(encryptionKeys, SEALED.githubToken.place(userId), token),
    sealedRefreshToken:
      refreshToken === null
        ? null
        : await seal(encryptionKeys, SEALED.githubRefreshToken.place(userId), refreshToken),
    expiresInSeconds,
  };
}

/** Opens a user's sealed token; null when it was sealed with another key or altered, and they have to sign in again. */
export const openGithubToken = (encryptionKeys: SealingKeys, userId: string, sealed: string) =>
  openOrNull(encryptionKeys, SEALED.githubToken.place(userId), sealed);

/** The same of their refresh token. */
export const openGithubRefreshToken = (encryptionKeys: SealingKeys, userId: string, sealed: string) =>
  openOrNull(encryptionKeys, SEALED.githubRefreshToken.place(userId), sealed);

async function openOrNull(
  encryptionKeys: SealingKeys,
  place: string,
  sealed: string,
): Promise<string | null> {
  try {
    return await open(encryptionKeys, place, sealed);
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
