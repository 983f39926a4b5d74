import type { Commit, GitStore } from './store.ts';

type CommitReader = Pick<GitStore, 'readCommit'>;

/** How two commits stand to each other. */
export interface Relation {
  /** Commits reachable from the head only, newest first. */
  ahead: Commit[];
  /** Commits reachable from the base only, newest first. */
  behind: Commit[];
  mergeBase: string | undefined;
}

const fromBase = 1;
const fromHead = 2;
const shared = fromBase | fromHead;
const stale = 4;

/**
 * How many shared commits are looked at past the first that is older than all that seem to be on one side. A date that lies may
 * hide, behind a shared commit, the way to one of them; Git allows for five, and corrects more as it goes.
 */
const SLOP = 64;

/**
 * Paints history from both sides by date until only shared commits are left to look at, which is how `git merge-base`
 * finds the best common ancestor without reading the whole history.
 */
export async function relate(store: CommitReader, base: string, head: string): Promise<Relation> {
  const flags = new Map<string, number>();
  const seen = new Map<string, Commit>();
  const queue: Commit[] = [];
  const candidates: string[] = [];
  let oldestUnshared = Number.POSITIVE_INFINITY;
  let slop = SLOP;

  const paint = async (oid: string, flag: number) => {
    const before = flags.get(oid) ?? 0;
    if ((before & flag) === flag) return;
    flags.set(oid, before | flag);
    const commit = seen.get(oid) ?? (await readCommit(store, oid));
    seen.set(oid, commit);
    insertByDate(queue, commit);
  };
  await paint(base, fromBase);
  await paint(head, fromHead);

  for (let commit = queue.shift(); commit; commit = queue.shift()) {
    const own = flags.get(commit.oid) ?? 0;
    const passed = own & (shared | stale);
    if ((own & shared) !== shared) {
      oldestUnshared = Math.min(oldestUnshared, commit.committer.seconds);
      for (const parent of commit.parents) await paint(parent, passed);
      continue;
    }
    if ((own & stale) === 0 && !candidates.includes(commit.oid)) candidates.push(commit.oid);
    const unsharedWaits = queue.some(({ oid }) => ((flags.get(oid) ?? 0) & shared) !== shared);
    slop = unsharedWaits || commit.committer.seconds >= oldestUnshared ? SLOP : slop - 1;
    // Past a shared commit everything is shared: correct what one side has painted, and soon explore no further.
    for (const parent of commit.parents) {
      if (slop > 0 || flags.has(parent)) await paint(parent, passed | stale);
    }
  }

  const only = (flag: number) =>
    [...seen.values()]
      .filter(({ oid }) => ((flags.get(oid) ?? 0) & shared) === flag)
      .sort((a, b) => b.committer.seconds - a.committer.seconds);
  return {
    ahead: topologically(only(fromHead)),
    behind: topologically(only(fromBase)),
    mergeBase: candidates.find((oid) => ((flags.get(oid) ?? 0) & stale) === 0),
  };
}

/** Whether the ancestor is reachable from the commit; a commit is its own ancestor. */
export async function isAncestor(store: CommitReader, ancestor: string, commit: string): Promise<boolean> {
  return (await relate(store, commit, ancestor)).ahead.length === 0;
}

/** The commits reachable from a commit, newest first and children before parents of the same second. */
export async function* log(store: CommitReader, start: string): AsyncGenerator<Commit> {
  const queue: Commit[] = [await readCommit(store, start)];
  const queued = new Set([start]);
  for (let commit = queue.shift(); commit; commit = queue.shift()) {
    yield commit;
    for (const parent of commit.parents) {
      if (queued.has(parent)) continue;
      queued.add(parent);
      insertByDate(queue, await readCommit(store, parent));
    }
  }
}

/** Puts every child before its parents, whatever their dates say. */
function topologically(commits: Commit[]): Commit[] {
  const byOid = new Map(commits.map((commit) => [commit.oid, commit]));
  const done = new Set<string>();
  const result: Commit[] = [];
  for (const start of commits.toReversed()) {
    const stack = [start];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const pending = top.parents
        .map((oid) => byOid.get(oid))
        .find((parent) => parent && !done.has(parent.oid));
      if (pending) {
        stack.push(pending);
        continue;
      }
      stack.pop();
      if (!done.has(top.oid)) result.push(top);
      done.add(top.oid);
    }
  }
  return result.reverse();
}

function insertByDate(queue: Commit[], commit: Commit): void {
  const at = queue.findIndex((other) => other.committer.seconds < commit.committer.seconds);
  if (at < 0) queue.push(commit);
  else queue.splice(at, 0, commit);
}

async function readCommit(store: CommitReader, oid: string): Promise<Commit> {
  const commit = await store.readCommit(oid);
  if (!commit) throw new Error(`commit ${oid} is missing`);
  return commit;
}
