/** An address on this machine, with whichever port: a program that signs in locally gets a free one (RFC 8252, section 7.3). */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?=[/?]|$)/;

const withoutPort = (uri: string): string => uri.replace(LOOPBACK, 'http://$1');

/** Whether users may be sent back to an address: one of the list, letter by letter, but for the port of a loopback address. */
export const mayReturnTo = (allowed: readonly string[], uri: string): boolean =>
  allowed.some(
    (candidate) => candidate === uri || (LOOPBACK.test(uri) && withoutPort(candidate) === withoutPort(uri)),
  );
