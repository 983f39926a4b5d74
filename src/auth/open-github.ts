import type { SealingKeys } from '../crypto/seal.ts';
import type { GitHub, GitHubClient } from '../github/client.ts';
import { GitHubError } from '../github/errors.ts';
import type { Database } from '../store/database.ts';
import {
  findGithubAccess,
  forgetGithubToken,
  type GithubAccess,
  keepRefreshed,
  releaseRefresh,
  type Seen,
  takeRefresh,
} from '../store/github-tokens.ts';
import { openGithubRefreshToken, openGithubToken, sealGithubTokens } from './github-token.ts';

/** How long somebody waits for another's refresh, in looks. */
const LOOKS = 25;
const LOOK_MS = 200;

/** What it takes to act on GitHub as our users. */
export interface GithubDoor {
  db: Database;
  github: GitHub;
  encryptionKeys: SealingKeys;
}

/** `lost`: we have no token of theirs that GitHub takes. `notLinked`: they have no account there. */
type Token = { kind: 'token'; token: string } | { kind: 'lost' | 'notLinked' };

/**
 * GitHub as one of our users, with a token that is good for a while: one that is about to expire is refreshed, by one of many who find
 * that. When GitHub refuses the token in the middle of the work, because somebody else has refreshed it, the client goes on with the next.
 *
 * @throws {GitHubError} when a refresh got no answer; the next one tries again
 */
export async function openGithub(
  door: GithubDoor,
  userId: string,
): Promise<{ kind: 'open'; client: GitHubClient } | { kind: 'lost' | 'notLinked' }> {
  const read = await findToken(door, userId, null);
  return read.kind === 'token' ? { kind: 'open', client: clientOf(door, userId, read.token) } : read;
}

/** The same for who has read the row. Null when the token cannot be had any more. */
export async function openReadGithub(
  door: GithubDoor,
  userId: string,
  read: { sealedToken: string; isFresh: boolean },
): Promise<GitHubClient | null> {
  const known = await openGithubToken(door.encryptionKeys, userId, read.sealedToken);
  if (known === null || read.isFresh) return known === null ? null : clientOf(door, userId, known);
  try {
    const opened = await openGithub(door, userId);
    return opened.kind === 'open' ? opened.client : null;
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    // It may have minutes left; if not, each request asks for another.
    return clientOf(door, userId, known);
  }
}

const clientOf = (door: GithubDoor, userId: string, token: string): GitHubClient =>
  door.github.forToken(token, async (refused) => {
    const read = await findToken(door, userId, refused);
    return read.kind === 'token' ? read.token : null;
  });

/** @param refused a token that GitHub takes no more, whatever we know of it */
async function findToken(door: GithubDoor, userId: string, refused: string | null): Promise<Token> {
  const { db, encryptionKeys } = door;
  for (let look = 1; ; look++) {
    const access = await findGithubAccess(db, userId);
    if (access?.isLinked === false) return { kind: 'notLinked' };
    const { sealedToken = null } = access ?? {};
    const token = sealedToken && (await openGithubToken(encryptionKeys, userId, sealedToken));
    if (access === null || token === null) return { kind: 'lost' };
    const next = nextOf(access, token === refused);
    if (next === 'use') return { kind: 'token', token };
    if (next === 'giveUp') return { kind: 'lost' };
    const { sealedRefreshToken } = access;
    if (next === 'refresh' && sealedRefreshToken !== null) {
      const seen = { userId, tokenNo: access.tokenNo };
      const refreshed = (await takeRefresh(db, seen)) ? await refresh(door, seen, sealedRefreshToken) : null;
      if (refreshed !== null) return refreshed;
    }
    if (look === LOOKS) throw stillRefreshing();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function nextOf(access: GithubAccess, isRefused: boolean): 'use' | 'refresh' | 'wait' | 'giveUp' {
  if (access.isRefreshing) return 'wait';
  if (access.isFresh || access.sealedRefreshToken === null) return isRefused ? 'giveUp' : 'use';
  return 'refresh';
}

/**
 * Replaces the tokens of who holds the lease. When GitHub's answer is lost nobody knows whether the refresh token was used: the next one
 * tries, and if it was the user has to sign in again.
 *
 * @returns null when the user has signed in meanwhile, so that there is another token to look at
 */
async function refresh(
  { db, github, encryptionKeys }: GithubDoor,
  seen: Seen,
  sealedRefreshToken: string,
): Promise<Token | null> {
  const { userId } = seen;
  const refreshToken = await openGithubRefreshToken(encryptionKeys, userId, sealedRefreshToken);
  const tokens = refreshToken === null ? null : await github.refresh(refreshToken).catch(release);
  if (tokens === null) return (await forgetGithubToken(db, seen)) ? { kind: 'lost' } : null;
  const isKept = await keepRefreshed(db, seen, await sealGithubTokens(encryptionKeys, userId, tokens));
  return isKept ? { kind: 'token', token: tokens.token } : null;

  async function release(error: unknown): Promise<never> {
    await releaseRefresh(db, seen);
    throw error;
  }
}

const stillRefreshing = () =>
  new GitHubError('another worker is refreshing the token', {
    status: 0,
    code: 'unavailable',
    retryAfterSeconds: 2,
  });
