import { CadenceError, refusal } from './errors.ts';
import type { Tokens } from './generated.ts';
import type { Fetch } from './options.ts';
import { backoffMs, wait, watchdog } from './wait.ts';

/** What is kept between starts of an app. An access token alone is good until it expires. */
export type SessionTokens = Pick<Tokens, 'accessToken'> & Partial<Pick<Tokens, 'refreshToken'>>;

export interface Session {
  current(): SessionTokens | null;
  /** From now on these are used; null when the user has signed out. */
  use(tokens: SessionTokens | null): void;
  /**
   * A fresh access token instead of one that was refused. However many ask at once, there is one refresh.
   *
   * @throws {CadenceError} when the session is over, and the network's error while there is no network: the tokens stay then
   */
  renew(refused: string): Promise<string>;
}

interface SessionOptions {
  baseUrl: string;
  fetch: Fetch;
  timeoutMs: number;
  retries: number;
  tokens: SessionTokens | null;
  onTokens: (tokens: SessionTokens | null) => void;
}

const CALL = 'POST /api/v1/auth/refresh';

export function createSession({
  baseUrl,
  fetch,
  timeoutMs,
  retries,
  onTokens,
  tokens: first,
}: SessionOptions): Session {
  let tokens = first;
  let renewing: Promise<string> | null = null;

  const use: Session['use'] = (next) => {
    tokens = next === null ? null : { accessToken: next.accessToken, refreshToken: next.refreshToken };
    onTokens(tokens);
  };

  /** The server gives the same successor again for two minutes, so a refresh whose answer was lost is repeated as it is. */
  async function refresh(refreshToken: string): Promise<string> {
    for (let failures = 0; ; failures++) {
      const dog = watchdog(timeoutMs);
      try {
        const response = await fetch(`${baseUrl}/api/v1/auth/refresh`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ refreshToken }),
          signal: dog.signal,
        });
        if (!response.ok) throw await refusal(CALL, response);
        const next = await tokensIn(response);
        // Whoever signed out or in meanwhile has the last word.
        if (tokens?.refreshToken === refreshToken) use(next);
        return next.accessToken;
      } catch (error) {
        const isFinal = error instanceof CadenceError && error.status < 500 && error.status !== 429;
        if (isFinal && error.status === 401 && tokens?.refreshToken === refreshToken) use(null);
        if (isFinal || failures >= retries) throw error;
        await wait(backoffMs(failures, error instanceof CadenceError ? error.retryAfterMs : undefined));
      } finally {
        dog.stop();
      }
    }
  }

  return {
    current: () => tokens,
    use,
    async renew(refused) {
      if (tokens !== null && tokens.accessToken !== refused) return tokens.accessToken;
      const refreshToken = tokens?.refreshToken;
      if (refreshToken === undefined)
        throw new Error('The access token was refused and there is no refresh token.');
      renewing ??= refresh(refreshToken).finally(() => {
        renewing = null;
      });
      return renewing;
    },
  };
}

async function tokensIn(response: Response): Promise<Tokens> {
  return JSON.parse(await response.text());
}
