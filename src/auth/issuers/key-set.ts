import { base64url, createLocalJWKSet, errors, type JWK, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Fetch } from '../../github/send.ts';
import type { IssuerConfig } from './config.ts';
import { FETCH_TIMEOUT_MS, fetchJson } from './fetch-json.ts';

/** Keys are fetched again when they are older. */
const MAX_AGE_MS = 10 * 60_000;
/** Keys go on working for so long when the issuer does not answer. */
const MAX_STALE_MS = 24 * 60 * 60_000;
/** After a fetch the next one waits for so long, whatever a token says of its key and however the fetch ended. */
const COOL_DOWN_MS = 10_000;
/** Discovery and keys. */
const LONGEST_LOAD_MS = 2 * FETCH_TIMEOUT_MS;
/** A shorter RSA key is refused by jose with an error that looks like a defect of ours. */
const LEAST_RSA_BYTES = 256;

/** The keys of an issuer cannot be had now, so its tokens can be neither taken nor refused. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, cause: unknown) {
    super('The issuer does not answer.', { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.string() });
const jwkSchema = z.looseObject({ kty: z.string(), n: z.string().optional() });
const jwksSchema = z.object({ keys: z.array(z.unknown()).max(100) });

interface Options {
  config: Pick<IssuerConfig, 'issuer' | 'jwksUri'>;
  fetch: Fetch;
  /** Milliseconds since the epoch. */
  now(): number;
}

/**
 * The public keys of an issuer, kept by whoever checks its tokens. One fetch is under way at a time; an unknown key asks for one, but for
 * the cool-down. jose's own set forgets its keys when the issuer is away and has no cool-down then.
 */
export function createKeySet({ config, fetch, now }: Options): { keyOf: JWTVerifyGetKey } {
  let keys: JWTVerifyGetKey | undefined;
  let jwksUri = config.jwksUri;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let underWay: { since: number; done: Promise<void> } | undefined;

  async function load(): Promise<void> {
    try {
      jwksUri ??= await discover(fetch, config.issuer);
      const { keys: given } = jwksSchema.parse(await fetchJson(fetch, jwksUri));
      keys = createLocalJWKSet({ keys: given.filter(isUsable) });
      fetchedAt = now();
      failure = undefined;
    } catch (error) {
      // It may have moved.
      jwksUri = config.jwksUri;
      failure = error;
    } finally {
      triedAt = now();
      underWay = undefined;
    }
  }

  /** Fetches unless that was done just now. Another's fetch under way is waited for by who cannot do without. */
  async function refresh({ isNeeded }: { isNeeded: boolean }): Promise<void> {
    // Whoever asked first may be gone on Workers, and its fetch with it.
    const isAlive = underWay !== undefined && now() - underWay.since < LONGEST_LOAD_MS;
    if (isAlive ? !isNeeded : now() - triedAt < COOL_DOWN_MS) return;
    if (underWay === undefined || !isAlive) underWay = { since: now(), done: load() };
    await settledWithin(underWay.done, LONGEST_LOAD_MS);
  }

  function unavailable(): IssuerUnavailable {
    const waitMs = Math.max(triedAt + COOL_DOWN_MS - now(), 1_000);
    return new IssuerUnavailable(Math.ceil(waitMs / 1000), failure);
  }

  return {
    async keyOf(header, token) {
      if (now() - fetchedAt > MAX_AGE_MS) await refresh({ isNeeded: now() - fetchedAt > MAX_STALE_MS });
      if (keys === undefined || now() - fetchedAt > MAX_STALE_MS) throw unavailable();
      const known = keys;
      try {
        return await known(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        await refresh({ isNeeded: true });
        if (keys !== known) return keys(header, token);
        // While its issuer is away nobody can tell whether it has such a key by now.
        throw failure === undefined ? error : unavailable();
      }
    },
  };
}

async function settledWithin(done: Promise<void>, milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([done, promise]);
  clearTimeout(timer);
}

/** OpenID Connect Discovery 1.0, section 4: the document must be of the issuer that it was asked of. */
async function discover(fetch: Fetch, issuer: string): Promise<string> {
  const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = discoverySchema.parse(await fetchJson(fetch, at));
  if (found.issuer !== issuer) throw new Error(`${at} is of another issuer`);
  return found.jwks_uri;
}

/** A public key that somebody could have signed with. */
function isUsable(key: unknown): key is JWK {
  const { success, data } = jwkSchema.safeParse(key);
  if (!success) return false;
  switch (data.kty) {
    case 'RSA':
      return base64url.decode(data.n ?? '').byteLength >= LEAST_RSA_BYTES;
    case 'EC':
    case 'OKP':
      return true;
    default:
      return false;
  }
}
