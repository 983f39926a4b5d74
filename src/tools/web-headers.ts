const MOST_HEADERS = 20;
const LONGEST_VALUE = 2_000;

/**
 * Headers that a model may not set, and why, phrased to follow the name. Those of the connection are the runtime's business
 * (RFC 9110 §7.6.1) and a way to smuggle a second request. Those of proxies claim to be somebody else.
 */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-length|host|http2-settings|accept-encoding)$/,
    'is set by the connection',
  ],
  [
    /^(?:authorization|cookie|set-cookie|www-authenticate)$/,
    'carries credentials, and what an agent says is stored and shown',
  ],
  [
    /^(?:proxy-|sec-|cf-|cdn-|x-forwarded-|x-real-ip$|forwarded$|via$|true-client-ip$)/,
    'is for proxies and browsers',
  ],
  [
    /^x-http-method(?:-override)?$|^x-method-override$/,
    'asks for another method than the one that was checked',
  ],
  [/^idempotency-key$/, 'is set by "idempotencyKey": true'],
];

/** What goes along when a redirect leads to another origin: nothing that may be a secret of the first. */
const HARMLESS: ReadonlySet<string> = new Set(['accept', 'accept-language', 'user-agent']);

/** What people may give that models may not. */
const CREDENTIALS = /^(?:authorization|cookie)$/;

/** What is wrong with headers that a model asked for, or with `credentials` a person, or undefined. */
export function headersProblem(
  headers: Readonly<Record<string, string>>,
  { credentials = false }: { credentials?: boolean } = {},
): string | undefined {
  const entries = Object.entries(headers);
  if (entries.length > MOST_HEADERS) return `there are more than ${MOST_HEADERS}`;
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const lower = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/.test(lower)) return `"${name}" is no name of a header`;
    if (seen.has(lower)) return `"${name}" is given twice`;
    seen.add(lower);
    if (value.length > LONGEST_VALUE)
      return `the value of "${name}" is longer than ${LONGEST_VALUE} characters`;
    if (!/^[\t\x20-\x7e]*$/.test(value)) return `the value of "${name}" has more than printable ASCII`;
    if (credentials && CREDENTIALS.test(lower)) continue;
    const why = REFUSED.find(([pattern]) => pattern.test(lower))?.[1];
    if (why) return `"${name}" ${why}`;
  }
  return undefined;
}

/** The headers that stay when a request is sent on to another origin. */
export const harmlessOf = (headers: Headers): Headers =>
  new Headers([...headers].filter(([name]) => HARMLESS.has(name)));
