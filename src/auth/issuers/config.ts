import { z } from 'zod';
import { ROLES } from '../../store/roles.ts';

/** Signatures that need the issuer's private key. With a shared secret, or none, anybody could be the issuer. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?(?:\/|$)/;

/** Whether keys may be fetched from an address: nobody on the way can change what comes. */
export const isTrustedUrl = (url: string): boolean =>
  URL.canParse(url) && (new URL(url).protocol === 'https:' || LOOPBACK.test(url));

const url = z.string().refine(isTrustedUrl, 'a URL starting with https://');

/** A claim: its name, or the names on the way to one in an object. */
const claim = z.union([
  z
    .string()
    .min(1)
    .transform((name) => [name]),
  z.array(z.string().min(1)).min(1),
]);

/** What the issuer calls each of our roles; the highest that a token has counts. */
const roles = z.strictObject({
  owner: z.array(z.string()).default([]),
  admin: z.array(z.string()).default([]),
  member: z.array(z.string()).default([]),
  viewer: z.array(z.string()).default([]),
});

const organisation = z
  .strictObject({
    id: claim,
    name: claim.optional(),
    role: claim.optional(),
    roles: roles.optional(),
    /** Of who has no other. */
    defaultRole: z.enum(ROLES).optional(),
  })
  .refine(
    ({ role, roles: named }) => (role === undefined) === (named === undefined),
    'both role and roles, or none',
  )
  .refine(
    ({ role, defaultRole }) => role !== undefined || defaultRole !== undefined,
    'role and roles, or defaultRole',
  );

const issuerConfig = z.strictObject({
  /** What `iss` of its tokens is, letter by letter. */
  issuer: url,
  /** What `aud` has; null says that the issuer serves nobody but us. */
  audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).nullable(),
  /** What `azp` must be one of, where that is what tells tokens for us from others. */
  authorizedParties: z.array(z.string().min(1)).min(1).optional(),
  jwksUri: url.optional(),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA', 'Ed25519']),
  organisation: organisation.optional(),
  email: claim.optional(),
  name: claim.optional(),
});

/** A token issuer besides us, and where its tokens say what. */
export type IssuerConfig = z.infer<typeof issuerConfig>;

/** AUTH_ISSUERS. */
export const issuersSchema = z
  .string()
  .default('[]')
  .transform((text, context): IssuerConfig[] => {
    const parsed = z.array(issuerConfig).safeParse(jsonOf(text));
    const problem = parsed.success ? repeated(parsed.data) : describe(parsed.error);
    if (parsed.success && problem === null) return parsed.data;
    context.addIssue({
      code: 'custom',
      message: `a JSON list of issuers${problem === null ? '' : `: ${problem}`}`,
    });
    return z.NEVER;
  });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first thing that is wrong, without its value. */
function describe({ issues }: z.ZodError): string | null {
  const [issue] = issues;
  return issue === undefined || issue.path.length === 0 ? null : `${issue.path.join('.')}: ${issue.message}`;
}

function repeated(configs: readonly IssuerConfig[]): string | null {
  const at = configs.findIndex(
    ({ issuer }, index) => configs.findIndex((other) => other.issuer === issuer) < index,
  );
  return at === -1 ? null : `${at}.issuer: it was named before`;
}
