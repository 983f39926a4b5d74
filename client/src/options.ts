import type { SessionTokens } from './session.ts';

/** As much of `fetch` as is used: an address, not a Request. `expo/fetch` is one that can stream on a phone. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Where the API is, such as `https://api.example.com`; with or without a slash at its end. */
  baseUrl: string;
  /** Those of an earlier session, or an access token alone. Without any, sign in first. */
  tokens?: SessionTokens;
  /** Told of each new pair, which is to be kept safe; null when the session is over. */
  onTokens?: (tokens: SessionTokens | null) => void;
  /** The organisation to act in; the user's own when left out. */
  organisationId?: string;
  fetch?: Fetch;
  /** How long one request may take, in milliseconds; a stream may last, but not be silent that long. */
  timeoutMs?: number;
  /** How often a request is sent again that got no answer, or was told to come back later. */
  retries?: number;
}
