import { structuredPatch } from 'diff';
import type { GitStore, TreeEntry } from './store.ts';
import type { PathEntry } from './tree.ts';

/** How one file differs between two trees. */
export interface FileChange {
  path: string;
  /** Where the file was, when it only moved. */
  previousPath: string | undefined;
  status: 'added' | 'removed' | 'modified' | 'renamed';
  before: PathEntry | undefined;
  after: PathEntry | undefined;
}

/** The text of a change: `patch` is the hunks alone, undefined for binary files and pure moves. */
export interface RenderedChange {
  patch: string | undefined;
  additions: number;
  deletions: number;
  /** The change as `git diff` prints it, header included. */
  text: string;
}

const diffTimeoutMs = 2000;

/** The changed files between two trees (none: an empty tree), sorted by path; files that moved unchanged are renames. */
export async function diffTrees(
  store: GitStore,
  before: string | undefined,
  after: string | undefined,
): Promise<FileChange[]> {
  const pairs = await collect(store, before, after, '');
  const changes = pairs.map(({ path, before, after }): FileChange => {
    const status = before === undefined ? 'added' : after === undefined ? 'removed' : 'modified';
    return { path, previousPath: undefined, status, before, after };
  });
  return withRenames(changes).sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Pair {
  path: string;
  before: PathEntry | undefined;
  after: PathEntry | undefined;
}

async function collect(
  store: GitStore,
  before: string | undefined,
  after: string | undefined,
  prefix: string,
): Promise<Pair[]> {
  if (before === after) return [];
  const [old, young] = await Promise.all([entriesByName(store, before), entriesByName(store, after)]);
  const names = new Set([...old.keys(), ...young.keys()]);
  const pairs: Pair[] = [];
  for (const name of names) {
    const [a, b] = [old.get(name), young.get(name)];
    if (a && b && a.oid === b.oid && a.mode === b.mode) continue;
    const path = `${prefix}${name}`;
    const treeOf = (entry: TreeEntry | undefined) => (entry?.mode === '040000' ? entry.oid : undefined);
    const fileOf = (entry: TreeEntry | undefined) =>
      entry === undefined || entry.mode === '040000' ? undefined : { path, mode: entry.mode, oid: entry.oid };
    if (treeOf(a) !== undefined || treeOf(b) !== undefined)
      pairs.push(...(await collect(store, treeOf(a), treeOf(b), `${path}/`)));
    if (fileOf(a) || fileOf(b)) pairs.push({ path, before: fileOf(a), after: fileOf(b) });
  }
  return pairs;
}

async function entriesByName(store: GitStore, oid: string | undefined): Promise<Map<string, TreeEntry>> {
  const entries = oid === undefined ? [] : await store.readTree(oid);
  if (!entries) throw new Error(`tree ${oid} is missing`);
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function withRenames(changes: FileChange[]): FileChange[] {
  const removed = new Map(
    changes.flatMap((change) => (change.before && !change.after ? [[change.before.oid, change]] : [])),
  );
  const result: FileChange[] = [];
  const consumed = new Set<FileChange>();
  for (const change of changes) {
    const source = change.after && !change.before ? removed.get(change.after.oid) : undefined;
    if (!source || consumed.has(source)) {
      result.push(change);
      continue;
    }
    consumed.add(source);
    result.push({ ...change, status: 'renamed', previousPath: source.path, before: source.before });
  }
  return result.filter((change) => !consumed.has(change));
}

/** The text of one change, in the form of `git diff`. */
export async function renderChange(store: GitStore, change: FileChange): Promise<RenderedChange> {
  const [before, after] = await Promise.all([
    contentOf(store, change.before),
    contentOf(store, change.after),
  ]);
  const header = headerOf(change);
  if (change.before?.oid === change.after?.oid) {
    return { patch: undefined, additions: 0, deletions: 0, text: header };
  }
  const [oldName, newName] = [`a/${change.previousPath ?? change.path}`, `b/${change.path}`];
  const from = change.before ? oldName : '/dev/null';
  const to = change.after ? newName : '/dev/null';
  if (before.includes(0) || after.includes(0)) {
    const text = `${header}Binary files ${from} and ${to} differ\n`;
    return { patch: undefined, additions: 0, deletions: 0, text };
  }
  const lines = hunksOf(before.toString('utf8'), after.toString('utf8'));
  const patch = lines.join('\n');
  const text = lines.length === 0 ? header : `${header}--- ${from}\n+++ ${to}\n${patch}\n`;
  return {
    patch,
    additions: lines.filter((line) => line.startsWith('+')).length,
    deletions: lines.filter((line) => line.startsWith('-')).length,
    text,
  };
}

/** All changes as one text that `git apply` accepts (binary files excepted). */
export async function renderDiff(store: GitStore, changes: FileChange[]): Promise<string> {
  const rendered = await Promise.all(changes.map((change) => renderChange(store, change)));
  return rendered.map(({ text }) => text).join('');
}

async function contentOf(store: GitStore, entry: PathEntry | undefined): Promise<Buffer> {
  if (!entry) return Buffer.alloc(0);
  if (entry.mode === '160000') return Buffer.from(`Subproject commit ${entry.oid}\n`);
  const found = await store.read(entry.oid);
  if (!found) throw new Error(`blob ${entry.oid} is missing`);
  return Buffer.from(found.content);
}

function headerOf({ path, previousPath, before, after }: FileChange): string {
  const lines = [`diff --git a/${previousPath ?? path} b/${path}`];
  if (!before && after) lines.push(`new file mode ${after.mode}`);
  if (before && !after) lines.push(`deleted file mode ${before.mode}`);
  const sameMode = before && after && before.mode === after.mode;
  if (before && after && !sameMode) lines.push(`old mode ${before.mode}`, `new mode ${after.mode}`);
  if (previousPath !== undefined) {
    lines.push('similarity index 100%', `rename from ${previousPath}`, `rename to ${path}`);
  }
  if (before?.oid !== after?.oid) {
    const short = (entry: PathEntry | undefined) => (entry?.oid ?? '0'.repeat(40)).slice(0, 7);
    lines.push(`index ${short(before)}..${short(after)}${sameMode ? ` ${before.mode}` : ''}`);
  }
  return `${lines.join('\n')}\n`;
}

function hunksOf(before: string, after: string): string[] {
  const patch = structuredPatch('a', 'b', before, after, undefined, undefined, {
    context: 3,
    timeout: diffTimeoutMs,
  });
  // Texts too different to compare in time are shown as replaced from the first line to the last.
  if (!patch) return replacement(before, after);
  return patch.hunks.flatMap((hunk) => [
    `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
    ...hunk.lines,
  ]);
}

function range(start: number, count: number): string {
  if (count === 1) return String(start);
  return count === 0 ? `${start - 1},0` : `${start},${count}`;
}

function replacement(before: string, after: string): string[] {
  const [old, young] = [linesOf(before, '-'), linesOf(after, '+')];
  return [`@@ -${range(1, old.count)} +${range(1, young.count)} @@`, ...old.lines, ...young.lines];
}

function linesOf(text: string, sign: string): { count: number; lines: string[] } {
  if (text === '') return { count: 0, lines: [] };
  const ended = text.endsWith('\n');
  const lines = (ended ? text.slice(0, -1) : text).split('\n').map((line) => `${sign}${line}`);
  return { count: lines.length, lines: ended ? lines : [...lines, '\\ No newline at end of file'] };
}
