import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Core, timestamp } from './core.ts';
import type { TokenRecord } from './types.ts';

const codeLifetimeMs = 10 * 60_000;

/** Issues a user's token with the prefix of OAuth apps. */
export function issueToken(core: Core, login: string, scopes: string[]): TokenRecord {
  const token = `gho_${randomBytes(27).toString('base64url').replace(/[-_]/g, '0')}`;
  const record = { token, login, scopes, createdAt: timestamp(core) };
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

export type ExchangeFailure =
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
