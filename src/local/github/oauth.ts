import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Core, timestamp } from './core.ts';
import type { TokenRecord } from './types.ts';

const codeLifetimeMs = 10 * 60_000;

/** docs.github.com, "Refreshing user access tokens": eight hours and six months. */
const TOKEN_SECONDS = 28_800;
const REFRESH_TOKEN_SECONDS = 15_897_600;

const secret = (prefix: string, bytes: number) =>
  `${prefix}_${randomBytes(bytes).toString('base64url').replace(/[-_]/g, '0')}`;

/** Issues a user's token with the prefix of OAuth apps, or of GitHub Apps where tokens expire. */
export function issueToken(core: Core, login: string, scopes: string[]): TokenRecord {
  const now = core.nowMs();
  const record: TokenRecord = {
    token: secret(core.expiringTokens ? 'ghu' : 'gho', 27),
    login,
    // A GitHub App has permissions instead, so its answers have an empty scope; what it may do is not modelled.
    scopes,
    createdAt: timestamp(core),
    ...(core.expiringTokens
      ? {
          expiry: {
            expiresAtMs: now + TOKEN_SECONDS * 1000,
            refreshToken: secret('ghr', 57),
            refreshExpiresAtMs: now + REFRESH_TOKEN_SECONDS * 1000,
          },
        }
      : {}),
  };
  core.state.data.tokens.push(record);
  return record;
}

/** Issues a code for one exchange within ten minutes. */
export function issueCode(
  core: Core,
  grant: { login: string; scopes: string[]; redirectUri: string; challenge: string | null },
): string {
  const code = randomBytes(10).toString('hex');
  const now = core.nowMs();
  core.state.data.codes = core.state.data.codes.filter(({ expiresAtMs }) => expiresAtMs > now);
  core.state.data.codes.push({ ...grant, code, expiresAtMs: now + codeLifetimeMs });
  return code;
}

export interface Exchange {
  clientId: string | undefined;
  clientSecret: string | undefined;
  code: string | undefined;
  redirectUri: string | undefined;
  verifier: string | undefined;
}

/** Whether a token has not expired. */
export const isAlive = (core: Core, { expiry }: TokenRecord): boolean =>
  expiry === undefined || expiry.expiresAtMs > core.nowMs();

/** Replaces a token by its refresh token; both are no good after that. */
export function refreshToken(
  core: Core,
  {
    clientId,
    clientSecret,
    refreshToken: given,
  }: Pick<Exchange, 'clientId' | 'clientSecret'> & { refreshToken: string | undefined },
): TokenRecord | ExchangeFailure {
  if (clientId !== core.clientId || !isSecret(core, clientSecret ?? ''))
    return 'incorrect_client_credentials';
  const record = core.state.data.tokens.find(
    ({ expiry }) => expiry !== undefined && expiry.refreshToken === given,
  );
  if (record?.expiry === undefined || record.expiry.refreshExpiresAtMs <= core.nowMs())
    return 'bad_refresh_token';
  core.state.data.tokens = core.state.data.tokens.filter((candidate) => candidate !== record);
  return issueToken(core, record.login, record.scopes);
}

export type ExchangeFailure =
  | 'bad_refresh_token'
  | 'incorrect_client_credentials'
  | 'bad_verification_code'
  | 'redirect_uri_mismatch';

/** Exchanges a code, which is used up by the first try that brings the right client credentials. */
export function exchangeCode(core: Core, exchange: Exchange): TokenRecord | ExchangeFailure {
  if (exchange.clientId !== core.clientId || !isSecret(core, exchange.clientSecret ?? '')) {
    return 'incorrect_client_credentials';
  }
  const grant = core.state.data.codes.find(({ code }) => code === exchange.code);
  core.state.data.codes = core.state.data.codes.filter((candidate) => candidate !== grant);
  if (!grant || grant.expiresAtMs <= core.nowMs()) return 'bad_verification_code';
  if (exchange.redirectUri !== undefined && exchange.redirectUri !== grant.redirectUri) {
    return 'redirect_uri_mismatch';
  }
  if (grant.challenge !== null) {
    const challenge = createHash('sha256')
      .update(exchange.verifier ?? '')
      .digest('base64url');
    if (challenge !== grant.challenge) return 'bad_verification_code';
  }
  return issueToken(core, grant.login, grant.scopes);
}

/** Whether it is the OAuth app's secret. */
export function isSecret(core: Core, secret: string): boolean {
  const [given, own] = [Buffer.from(secret), Buffer.from(core.clientSecret)];
  return given.length === own.length && timingSafeEqual(given, own);
}

/**
 * Whether an app registered with that callback may send users to the address: same host, a path at or below it, and
 * any port on a loopback address (GitHub's rules).
 */
export function isAllowedRedirect(callbackUrl: string | undefined, redirectUri: string): boolean {
  if (!URL.canParse(redirectUri)) return false;
  const wanted = new URL(redirectUri);
  if (callbackUrl === undefined) return /^https?:$/.test(wanted.protocol);
  const registered = new URL(callbackUrl);
  const loopback = ['127.0.0.1', '[::1]'].includes(registered.hostname);
  const path = registered.pathname.replace(/\/$/, '');
  return (
    wanted.protocol === registered.protocol &&
    wanted.hostname === registered.hostname &&
    (loopback || wanted.port === registered.port) &&
    (wanted.pathname === registered.pathname || wanted.pathname.startsWith(`${path}/`))
  );
}
