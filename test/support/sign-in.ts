import type { Answer, door } from './door.ts';
import { pkce, type TestGitHub } from './github.ts';

const REDIRECT_URI = 'https://phone.test/signed-in';

/** Begins a sign-in through the API, as a phone does, and gives what it would POST next. */
export async function approvedCode(
  api: ReturnType<typeof door>,
  github: TestGitHub,
  login = 'demo',
): Promise<{ state: string; code: string; codeVerifier: string; redirectUri: string }> {
  const { codeVerifier, codeChallenge } = pkce();
  const state = crypto.randomUUID();
  const query = new URLSearchParams({ redirectUri: REDIRECT_URI, state, codeChallenge });
  const { headers } = await api.get(`/api/auth/github/authorize?${query}`);
  const back = await github.approve(headers.get('location') ?? '', login);
  return {
    state: back.get('state') ?? '',
    code: back.get('code') ?? '',
    codeVerifier,
    redirectUri: REDIRECT_URI,
  };
}

/** Signs a user of the local GitHub in through the API and gives the answer's body. */
export async function signInAs(
  api: ReturnType<typeof door>,
  github: TestGitHub,
  login = 'demo',
): Promise<Answer['body']> {
  const { body } = await api.post('/api/auth/github', await approvedCode(api, github, login));
  return body;
}
