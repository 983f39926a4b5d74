/** An address that a tool may ask, or why not, phrased to follow "the address". */
export type WebAddress = { ok: true; url: URL } | { ok: false; reason: string };

const LONGEST_ADDRESS = 2_000;

/** Names that lead into somebody's own network, or nowhere (RFC 6761, 6762, 7686, 8375, 9476, ICANN's `.internal`, and habit). */
const PRIVATE_ENDINGS = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'arpa',
  'test',
  'example',
  'invalid',
  'onion',
  'alt',
];

/** Public names that were made to resolve to whatever address stands in them, or to this machine. */
const DISGUISES = ['nip.io', 'sslip.io', 'xip.io', 'localtest.me', 'lvh.me', 'vcap.me', 'lacolhost.com'];

const endsWith = (host: string, ending: string) => host === ending || host.endsWith(`.${ending}`);

/**
 * Checks an address that a model asked for, or that a server redirects to: https on its own port, and a public name. Every
 * way to write an IP address is read as the runtime itself reads it, by the URL parser (decimal, octal, hexadecimal, short,
 * full-width, percent-encoded), and none is allowed. What a name resolves to is not known here.
 */
export function checkWebAddress(text: string): WebAddress {
  const refuse = (reason: string): WebAddress => ({ ok: false, reason });
  if (text.length > LONGEST_ADDRESS) return refuse(`is longer than ${LONGEST_ADDRESS} characters`);
  // The parser drops or turns these, so that what is read is not what is asked for.
  if (/[\s\\]|\p{Cc}/u.test(text)) return refuse('has white space, a control character or a backslash');
  if (!/^https:\/\/[^/]/i.test(text)) return refuse('does not begin with https://');
  if (!URL.canParse(text)) return refuse('cannot be read');
  const url = new URL(text);
  url.hash = '';
  if (/^[^/?#]*@/.test(text.slice('https://'.length))) return refuse('has a user or a password in it');
  if (url.port !== '') return refuse('has a port: only the one of https is allowed');
  const reason = hostProblem(url.hostname);
  return reason === null ? { ok: true, url } : refuse(reason);
}

/** @param host as the parser leaves it: lower case, and IP addresses in their usual form */
function hostProblem(host: string): string | null {
  if (host.startsWith('[') || /^[\d.]+$/.test(host)) return 'is an IP address instead of a name';
  if (host.endsWith('.')) return 'ends its name with a dot';
  if (!host.includes('.')) return 'has a name without a dot, which no public host has';
  const labels = host.split('.');
  if (host.length > 253 || labels.some((label) => !/^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) {
    return 'has a name that no host can have';
  }
  if (!/^(?:[a-z]{2,63}|xn--[a-z0-9-]+)$/.test(labels.at(-1) ?? ''))
    return 'has a name that no host can have';
  if (PRIVATE_ENDINGS.some((ending) => endsWith(host, ending))) return 'has a name of a private network';
  if (DISGUISES.some((ending) => endsWith(host, ending))) return 'has a name that stands for any IP address';
  return null;
}
