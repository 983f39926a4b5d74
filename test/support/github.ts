import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGitHub as createClient, type GitHub } from '../../src/github/client.ts';
import { createGitHub, type GitHub as StandIn } from '../../src/local/github/github.ts';

const APP = { clientId: 'test-client', clientSecret: 'test-client-secret' };

export interface TestGitHub {
  /** The product's client of it. */
  client: GitHub;
  standIn: StandIn;
  /** Makes every request fail as if GitHub were away, or answers them again. */
  away(isAway: boolean): void;
  /** Plays the user's browser: follows the address to the sign-in page, approves as `login`, returns with the answer. */
  approve(authorizeUrl: string, login?: string): Promise<URLSearchParams>;
  close(): Promise<void>;
}

/** The local GitHub in process, in a directory of its own. */
export async function openTestGitHub(): Promise<TestGitHub> {
  const root = await mkdtemp(join(tmpdir(), 'cadence-github-'));
  const standIn = await createGitHub({ root, ...APP });
  let isAway = false;
  const fetch = async (request: Request) => {
    if (isAway) throw new TypeError('fetch failed');
    return standIn.fetch(request);
  };
  return {
    client: createClient({ apiUrl: standIn.apiUrl, webUrl: standIn.url, ...APP, fetch }),
    standIn,
    away(value) {
      isAway = value;
    },
    async approve(authorizeUrl, login = 'demo') {
      const url = new URL(authorizeUrl);
      url.searchParams.set('login', login);
      const response = await standIn.fetch(new Request(url));
      const location = response.headers.get('location');
      if (location === null) throw new Error(`GitHub did not send the user back: ${response.status}`);
      return new URL(location).searchParams;
    },
    async close() {
      await standIn.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A verifier and its challenge, as a phone makes them (RFC 7636, S256). */
export function pkce(codeVerifier = 'v'.repeat(43)) {
  return { codeVerifier, codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url') };
}
