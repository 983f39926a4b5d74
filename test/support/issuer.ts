import type { webcrypto } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

interface Key {
  kid: string;
  alg: string;
  privateKey: webcrypto.CryptoKey;
  jwk: JWK;
}

/**
 * An OpenID provider as far as those who check its tokens see it: discovery, keys, and tokens. It does not sign anybody in. What a test
 * changes about it is what fails at real ones.
 */
export interface TestIssuer {
  origin: string;
  /** What its tokens say in `iss`. */
  issuer: string;
  handle(request: Request): Promise<Response>;
  /** Paths that were asked for, oldest first. */
  asked: string[];
  /** The keys that it publishes, the newest last; tokens are signed with that one. */
  keys: Key[];
  /** Adds a key, which signs from now on; the older ones stay unless told otherwise. */
  rotate(options?: { forget: boolean }): Promise<void>;
  /** Answers like this instead; undefined ends that. */
  answer: ((request: Request) => Response | Promise<Response>) | undefined;
  /** A token for `subject`, of this moment and good for five minutes, signed with the newest key. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export const AUDIENCE = 'https://api.cadence.test';

export async function openTestIssuer({
  origin = 'https://issuer.test',
  alg = 'ES256',
  now = () => Date.now(),
} = {}): Promise<TestIssuer> {
  const makeKey = async (kid: string): Promise<Key> => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
  };
  let made = 1;
  const issuer: TestIssuer = {
    origin,
    issuer: origin,
    asked: [],
    keys: [await makeKey('key-1')],
    answer: undefined,
    async rotate({ forget } = { forget: false }) {
      made += 1;
      const key = await makeKey(`key-${made}`);
      issuer.keys = [...(forget ? [] : issuer.keys), key];
    },
    async handle(request) {
      const { pathname } = new URL(request.url);
      issuer.asked.push(pathname);
      if (issuer.answer !== undefined) return issuer.answer(request);
      if (pathname === '/.well-known/openid-configuration') {
        return Response.json({ issuer: origin, jwks_uri: `${origin}/keys` });
      }
      if (pathname === '/keys') return Response.json({ keys: issuer.keys.map(({ jwk }) => jwk) });
      return new Response('Not found', { status: 404 });
    },
    async token(claims = {}, header = {}) {
      const key = issuer.keys.at(-1);
      if (key === undefined) throw new Error('the issuer has no key');
      const iat = Math.floor(now() / 1000);
      const all = { iss: origin, aud: AUDIENCE, sub: 'person-1', iat, exp: iat + 300, ...claims };
      return new SignJWT(all)
        .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })
        .sign(key.privateKey);
    },
  };
  return issuer;
}

/** How `AUTH_ISSUERS` trusts it: organisations and roles in the claims `org`, `org_name` and `roles`. */
export const trusting = (...issuers: TestIssuer[]): string =>
  JSON.stringify(
    issuers.map(({ issuer }) => ({
      issuer,
      audience: AUDIENCE,
      organisation: {
        id: 'org',
        name: 'org_name',
        role: 'roles',
        roles: { owner: ['boss'], admin: ['lead'], member: ['dev'], viewer: ['guest'] },
      },
      email: 'email',
      name: 'name',
    })),
  );
