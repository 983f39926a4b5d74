import { type Core, userOf } from './core.ts';
import { mergeTrees } from './git/merge.ts';
import type { Commit, GitStore, Signature } from './git/store.ts';
import { mergedTree, type PullRange } from './pulls.ts';
import type { PullIssue, RepositoryRecord, UserRecord } from './types.ts';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

/**
 * Writes what the base branch shall point to. Nothing is moved yet.
 *
 * @returns the commit, or undefined when the branches conflict
 */
export async function writeMerge(
  core: Core,
  repository: RepositoryRecord,
  issue: PullIssue,
  range: PullRange,
  how: { method: MergeMethod; title: string | undefined; message: string | undefined; actor: string },
): Promise<string | undefined> {
  const store = core.storeOf(repository);
  const actor = signatureOf(userOf(core, how.actor), core.nowMs());
  if (how.method === 'rebase') return rebase(store, range, actor);

  const { headSha, head } = issue.pull;
  const tree = await mergedTree(store, range, headSha);
  if (tree === undefined) return undefined;
  if (how.method === 'squash') {
    const title = how.title ?? `${issue.title} (#${issue.number})`;
    const body = how.message ?? range.commits.map(({ message }) => `* ${message}`).join('\n\n');
    const author = signatureOf(userOf(core, issue.author), core.nowMs());
    const message = joinMessage(title, range.commits.length > 1 || how.message !== undefined ? body : '');
    return store.writeCommit({ tree, parents: [range.base], author, committer: actor, message });
  }
  const title = how.title ?? `Merge pull request #${issue.number} from ${repository.owner}/${head}`;
  const message = joinMessage(title, how.message ?? issue.title);
  return store.writeCommit({
    tree,
    parents: [range.base, headSha],
    author: actor,
    committer: actor,
    message,
  });
}

/** Who an account is in a commit. Without an address it gets GitHub's no-reply one. */
export function signatureOf(user: UserRecord, nowMs: number): Signature {
  return {
    name: user.name ?? user.login,
    email: user.email ?? `${user.id}+${user.login}@users.noreply.github.com`,
    seconds: Math.floor(nowMs / 1000),
    zone: '+0000',
  };
}

async function rebase(store: GitStore, range: PullRange, committer: Signature): Promise<string | undefined> {
  let tip = range.base;
  for (const commit of range.commits) {
    const next = await replay(store, commit, tip, committer);
    if (next === undefined) return undefined;
    tip = next;
  }
  return tip;
}

async function replay(
  store: GitStore,
  commit: Commit,
  onto: string,
  committer: Signature,
): Promise<string | undefined> {
  const [parent, ...others] = commit.parents;
  // GitHub cannot rebase a branch that contains merges of changes either.
  if (parent === undefined || others.length > 0) return undefined;
  const [before, target] = await Promise.all([store.readCommit(parent), store.readCommit(onto)]);
  if (!before || !target) return undefined;
  const tree = await mergeTrees(store, before.tree, target.tree, commit.tree);
  if (tree === undefined) return undefined;
  const { author, message } = commit;
  return store.writeCommit({ tree, parents: [onto], author, committer, message });
}

function joinMessage(title: string, body: string): string {
  return body === '' ? title : `${title}\n\n${body}`;
}
