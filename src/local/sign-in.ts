import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

const signedInSchema = z.object({
  accessToken: z.string(),
  expiresIn: z.number(),
  refreshToken: z.string(),
  user: z.object({ id: z.string(), login: z.string() }),
});

export type SignedIn = z.infer<typeof signedInSchema>;

const REDIRECT_URI = 'http://127.0.0.1/signed-in';

/**
 * Signs an account of the local GitHub in, as an app on a phone does: the authorize page, the code GitHub sends back, and
 * its exchange under PKCE. The stand-in approves at once because the account is named.
 *
 * @param baseUrl of the API, without a trailing slash
 * @throws Error with the answer when a leg fails
 */
export async function signIn(baseUrl: string, login = 'demo'): Promise<SignedIn> {
  const codeVerifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    redirectUri: REDIRECT_URI,
    state: randomBytes(16).toString('base64url'),
    codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    login,
  });
  const github = await follow(`${baseUrl}/api/auth/github/authorize?${query}`);
  const back = await follow(github.href);
  const code = back.searchParams.get('code');
  if (!code || back.searchParams.get('state') !== query.get('state')) {
    throw new Error(`GitHub sent back ${back.search} instead of a code`);
  }
  const response = await fetch(`${baseUrl}/api/auth/github`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ state: query.get('state'), code, codeVerifier, redirectUri: REDIRECT_URI }),
  });
  if (!response.ok) throw new Error(`Signing in: ${response.status} ${await response.text()}`);
  return signedInSchema.parse(await response.json());
}

/** Where a redirect leads. */
async function follow(url: string): Promise<URL> {
  const response = await fetch(url, { redirect: 'manual' });
  const location = response.headers.get('location');
  if (!location)
    throw new Error(`${url} answered ${response.status} without a redirect: ${await response.text()}`);
  return new URL(location, url);
}
