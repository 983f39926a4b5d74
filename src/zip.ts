import { strToU8, zipSync } from 'fflate';

/** The first moment that a zip can name, in whatever zone: the same files make the same bytes. */
const MADE_AT = new Date(1980, 0, 1);

/** Text files as a zip, in the order of their paths. */
export function zipOf(files: readonly { path: string; content: string }[]): Uint8Array<ArrayBuffer> {
  const sorted = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const entries = sorted.map(({ path, content }) => [path, strToU8(content)]);
  return new Uint8Array(zipSync(Object.fromEntries(entries), { mtime: MADE_AT }));
}
