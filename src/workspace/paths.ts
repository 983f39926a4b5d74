/** A path as the workspace keeps it, or what is wrong with it, phrased to follow "the path". */
export type PathResult = { ok: true; path: string } | { ok: false; reason: string };

/** Characters of a whole path, and bytes of one segment: what file systems of checkouts commonly bear. */
const MAX_PATH_LENGTH = 1024;
const MAX_SEGMENT_BYTES = 255;

/**
 * Normalises a path of a file: relative, separated by `/`. A leading `./` is dropped; nothing else is repaired, so that
 * two spellings never mean one file.
 */
export function normalisePath(input: string): PathResult {
  const path = input.replace(/^(?:\.\/)+/, '');
  const reason = problemOf(path);
  return reason === undefined ? { ok: true, path } : { ok: false, reason };
}

/** Normalises a path of a folder: like a file's, and a `/` at the end is dropped; the root is "". */
export function normaliseFolder(input: string): PathResult {
  if (input === '' || input === '.' || input === './') return { ok: true, path: '' };
  return normalisePath(input.replace(/\/$/, ''));
}

function problemOf(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.length > MAX_PATH_LENGTH) return `is longer than ${MAX_PATH_LENGTH} characters`;
  if (path.startsWith('/')) return 'starts with "/"; it must be relative to the root of the repository';
  if (path.includes('\\')) return 'has a backslash; folders are separated by "/"';
  if (hasControlCharacter(path)) return 'has a control character';
  if (!path.isWellFormed()) return 'is not well-formed Unicode';
  for (const segment of path.split('/')) {
    const reason = problemOfSegment(segment);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function problemOfSegment(segment: string): string | undefined {
  if (segment === '') return 'has an empty segment ("//" or a "/" at the end)';
  if (segment === '.') return 'has a segment "."';
  if (segment === '..') return 'has a segment ".."; it must stay inside the repository';
  // Windows reads "git~1" and ".git." as ".git" too, and Git refuses to check such trees out.
  if (/^(?:\.git[. ]*|git~1)$/i.test(segment))
    return `has a segment "${segment}", which belongs to Git itself`;
  const bytes = new TextEncoder().encode(segment).byteLength;
  return bytes > MAX_SEGMENT_BYTES ? `has a segment longer than ${MAX_SEGMENT_BYTES} bytes` : undefined;
}

function hasControlCharacter(path: string): boolean {
  return [...path].some((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
  });
}
