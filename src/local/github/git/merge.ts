import { applyPatch, structuredPatch } from 'diff';
import { diffTrees, type FileChange } from './diff.ts';
import type { GitStore } from './store.ts';
import { editTree, entryAt, type PathEntry, type TreeChange } from './tree.ts';

/**
 * Carries the changes between `base` and `theirs` over to `ours` (trees all three), file by file and hunk by hunk.
 *
 * @returns the merged tree, or undefined when both sides changed the same lines or one moved what the other edited
 */
export async function mergeTrees(
  store: GitStore,
  base: string,
  ours: string,
  theirs: string,
): Promise<string | undefined> {
  const own = new Map<string, FileChange>();
  for (const change of splitRenames(await diffTrees(store, base, ours))) own.set(change.path, change);

  const edits: TreeChange[] = [];
  for (const change of splitRenames(await diffTrees(store, base, theirs))) {
    const other = own.get(change.path);
    if (!other) {
      // A file of ours may stand where theirs has a directory, or the other way round.
      const there = change.after && !change.before ? await entryAt(store, ours, change.path) : undefined;
      if (there) return undefined;
      edits.push({ path: change.path, entry: change.after ?? null });
      continue;
    }
    if (sameFile(other.after, change.after)) continue;
    const merged = await mergeFile(store, change, other);
    if (!merged) return undefined;
    edits.push({ path: change.path, entry: merged });
  }
  return editTree(store, ours, edits);
}

async function mergeFile(
  store: GitStore,
  theirs: FileChange,
  ours: FileChange,
): Promise<{ mode: string; oid: string } | undefined> {
  if (!theirs.before || !theirs.after || !ours.after) return undefined;
  const mode = theirs.after.mode === theirs.before.mode ? ours.after.mode : theirs.after.mode;
  if (ours.after.mode !== ours.before?.mode && mode !== ours.after.mode) return undefined;
  const [before, after, target] = await Promise.all([
    textOf(store, theirs.before),
    textOf(store, theirs.after),
    textOf(store, ours.after),
  ]);
  if (before === undefined || after === undefined || target === undefined) return undefined;
  const merged = applyPatch(target, structuredPatch('a', 'b', before, after));
  if (merged === false) return undefined;
  return { mode, oid: await store.writeBlob(Buffer.from(merged)) };
}

function splitRenames(changes: FileChange[]): FileChange[] {
  return changes.flatMap((change) => {
    if (change.previousPath === undefined) return [change];
    const { path, previousPath, before, after } = change;
    return [
      { path: previousPath, previousPath: undefined, status: 'removed' as const, before, after: undefined },
      { path, previousPath: undefined, status: 'added' as const, before: undefined, after },
    ];
  });
}

function sameFile(a: PathEntry | undefined, b: PathEntry | undefined): boolean {
  return a?.oid === b?.oid && a?.mode === b?.mode;
}

async function textOf(store: GitStore, entry: PathEntry): Promise<string | undefined> {
  const found = entry.mode === '160000' ? undefined : await store.read(entry.oid);
  if (!found || found.content.includes(0)) return undefined;
  return Buffer.from(found.content).toString('utf8');
}
