import { formatPatch, type StructuredPatch, type StructuredPatchHunk, structuredPatch } from 'diff';
import type { TreeMode } from '../github/git-data.ts';
import type { BaseFiles, FileContent } from './workspace.ts';

/**
 * The comparison gives up past so many edited lines, and the file is shown as replaced. A limit in time would never
 * strike in a Worker, whose clock stands still while it computes.
 */
const MAX_EDITED_LINES = 1000;

/**
 * The overlay against its base as `git diff` prints it, sorted by path, accepted by `git apply`. Files without a
 * readable text in the base are named ("Binary files … differ"), which `git apply` refuses. Empty when nothing differs.
 *
 * @throws whatever reading the base throws
 */
export async function diffOverlay(
  overlay: ReadonlyMap<string, string | null>,
  base: BaseFiles,
): Promise<string> {
  const parts: string[] = [];
  for (const [path, after] of [...overlay].sort(([a], [b]) => (a < b ? -1 : 1))) {
    parts.push(diffFile(path, (await base.mode(path)) ?? '100644', await base.read(path), after));
  }
  return parts.join('');
}

function diffFile(path: string, mode: TreeMode, before: FileContent, after: string | null): string {
  if (before.kind === 'missing') {
    return after === null ? '' : format(path, { isCreate: true, newMode: mode }, hunksOf('', after));
  }
  const kind = after === null ? { isDelete: true, oldMode: mode } : {};
  if (before.kind === 'unreadable') {
    const target = after === null ? '/dev/null' : `b/${path}`;
    return `${format(path, kind, [])}Binary files a/${path} and ${target} differ\n`;
  }
  return before.text === after ? '' : format(path, kind, hunksOf(before.text, after ?? ''));
}

/** What the header of a file says beside its names. */
type Kind = Pick<StructuredPatch, 'isCreate' | 'isDelete' | 'oldMode' | 'newMode'>;

function format(path: string, kind: Kind, hunks: StructuredPatchHunk[]): string {
  return formatPatch({
    ...kind,
    isGit: true,
    oldFileName: kind.isCreate ? '/dev/null' : `a/${path}`,
    newFileName: kind.isDelete ? '/dev/null' : `b/${path}`,
    oldHeader: undefined,
    newHeader: undefined,
    hunks,
  });
}

function hunksOf(before: string, after: string): StructuredPatchHunk[] {
  const options = { context: 3, maxEditLength: MAX_EDITED_LINES };
  const patch = structuredPatch('a', 'b', before, after, undefined, undefined, options);
  return patch ? patch.hunks : [replacement(before, after)];
}

function replacement(before: string, after: string): StructuredPatchHunk {
  const [old, young] = [signed(before, '-'), signed(after, '+')];
  return {
    oldStart: 1,
    oldLines: old.count,
    newStart: 1,
    newLines: young.count,
    lines: [...old.lines, ...young.lines],
  };
}

/** The lines of a text as a patch writes them, a missing newline at the end included. */
function signed(text: string, sign: '+' | '-'): { count: number; lines: string[] } {
  if (text === '') return { count: 0, lines: [] };
  const ended = text.endsWith('\n');
  const lines = (ended ? text.slice(0, -1) : text).split('\n').map((line) => `${sign}${line}`);
  return { count: lines.length, lines: ended ? lines : [...lines, '\\ No newline at end of file'] };
}
