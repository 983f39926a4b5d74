import type { HeaderMap } from './types.ts';

/** Writes a header name as the service shows it: `test-header` becomes `Test-Header`. */
function canonicalName(name: string): string {
  return name
    .toLowerCase()
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('-');
}

export function toHeaderMap(headers: Iterable<[string, string]>): HeaderMap {
  const map: HeaderMap = {};
  for (const [name, value] of headers) {
    const key = canonicalName(name);
    map[key] = [...(map[key] ?? []), value];
  }
  return map;
}

export function toBase64(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString('base64');
}

/** The bytes in a buffer of their own, which is what a request body may be. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/** A body as message JSON shows it: `{name}` as text, or `{name}Base64` when it is not UTF-8. */
export function showBody<Name extends string>(name: Name, base64: string): Record<string, string> {
  if (base64 === '') return {};
  try {
    return { [name]: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fromBase64(base64)) };
  } catch {
    return { [`${name}Base64`]: base64 };
  }
}
