import type { GitStore, TreeEntry } from './store.ts';

/** A tree entry with its path from the root. */
export interface PathEntry {
  path: string;
  mode: string;
  oid: string;
}

/** Sets what a path is, or takes it away with `entry: null`. */
export interface TreeChange {
  path: string;
  entry: { mode: string; oid: string } | null;
}

/** Thrown by `editTree` when a path to be taken away is not there. */
export class MissingPathError extends Error {}

/** What stands at a path (without leading slash) of a tree; the root for an empty path. */
export async function entryAt(
  store: GitStore,
  treeOid: string,
  path: string,
): Promise<PathEntry | undefined> {
  let current: PathEntry = { path: '', mode: '040000', oid: treeOid };
  for (const name of path.split('/').filter((part) => part !== '')) {
    if (current.mode !== '040000') return undefined;
    const entry = (await readTree(store, current.oid)).find((candidate) => candidate.name === name);
    if (!entry) return undefined;
    current = { path: join(current.path, name), mode: entry.mode, oid: entry.oid };
  }
  return current;
}

/** Every entry below a tree in Git's order, directories included, each before what it holds. */
export async function listTree(store: GitStore, treeOid: string, prefix = ''): Promise<PathEntry[]> {
  const entries = await readTree(store, treeOid);
  const nested = await Promise.all(
    entries.map(async ({ mode, name, oid }) => {
      const path = join(prefix, name);
      const below = mode === '040000' ? await listTree(store, oid, path) : [];
      return [{ path, mode, oid }, ...below];
    }),
  );
  return nested.flat();
}

/**
 * Writes a tree that differs from the base (none: an empty tree) by the changes, later ones winning. Directories
 * left empty disappear, as Git does not keep them.
 *
 * @throws MissingPathError when a path to be taken away does not exist
 */
export async function editTree(
  store: GitStore,
  base: string | undefined,
  changes: TreeChange[],
): Promise<string> {
  const entries = new Map<string, TreeEntry>();
  for (const entry of base === undefined ? [] : await readTree(store, base)) entries.set(entry.name, entry);

  const nested = new Map<string, TreeChange[]>();
  for (const { path, entry } of changes) {
    const slash = path.indexOf('/');
    if (slash >= 0) {
      const name = path.slice(0, slash);
      nested.set(name, [...(nested.get(name) ?? []), { path: path.slice(slash + 1), entry }]);
    } else if (entry === null) {
      if (!entries.delete(path)) throw new MissingPathError(path);
    } else {
      entries.set(path, { name: path, ...entry });
    }
  }
  for (const [name, below] of nested) {
    const existing = entries.get(name);
    const oid = await editTree(store, existing?.mode === '040000' ? existing.oid : undefined, below);
    if ((await readTree(store, oid)).length === 0) entries.delete(name);
    else entries.set(name, { mode: '040000', name, oid });
  }
  return store.writeTree([...entries.values()]);
}

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}/${name}`;
}

async function readTree(store: GitStore, oid: string): Promise<TreeEntry[]> {
  const entries = await store.readTree(oid);
  if (!entries) throw new Error(`tree ${oid} is missing`);
  return entries;
}
