/**
 * JSON for a parameter. Postgres takes neither NUL nor half a surrogate pair, and both can stand in what a model says or a
 * tool reads: the first is dropped, the second becomes U+FFFD, so that no text can keep a step from being committed.
 */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? toText(inner) : inner));

/** The same for a text parameter. */
export const toText = (text: string): string => text.replaceAll('\0', '').toWellFormed();
