import { type Core, timestamp } from './core.ts';
import { diffTrees, type FileChange } from './git/diff.ts';
import { isAncestor, relate } from './git/history.ts';
import { mergeTrees } from './git/merge.ts';
import type { Commit, GitStore } from './git/store.ts';
import type { RefMove } from './refs.ts';
import type { IssueRecord, PullIssue, RepositoryRecord } from './types.ts';
import { renderPull } from './views/issues.ts';

export function isPull(issue: IssueRecord): issue is PullIssue {
  return issue.pull !== null;
}

export function findPull(repository: RepositoryRecord, number: number): PullIssue | undefined {
  return repository.issues.filter(isPull).find((issue) => issue.number === number);
}

/** What a pull request changes: from where its branch left the base to its head. */
export interface PullRange {
  base: string;
  mergeBase: string | undefined;
  /** The commits of the branch, oldest first. */
  commits: Commit[];
  changes: FileChange[];
}

export async function rangeOf(store: GitStore, issue: PullIssue): Promise<PullRange> {
  const { pull } = issue;
  const tip = pull.mergedAt === null ? await store.resolveRef(`refs/heads/${pull.base}`) : undefined;
  const base = tip ?? pull.baseSha;
  const { ahead, mergeBase } = await relate(store, base, pull.headSha);
  const treeOf = async (oid: string | undefined) =>
    oid === undefined ? undefined : (await store.readCommit(oid))?.tree;
  const changes = await diffTrees(store, await treeOf(mergeBase), await treeOf(pull.headSha));
  return { base, mergeBase, commits: ahead.toReversed(), changes };
}

/** The tree that merging would give; undefined when the branches conflict. */
export async function mergedTree(
  store: GitStore,
  range: PullRange,
  head: string,
): Promise<string | undefined> {
  const read = async (oid: string) => {
    const commit = await store.readCommit(oid);
    if (!commit) throw new Error(`commit ${oid} is missing`);
    return commit.tree;
  };
  if (range.mergeBase === undefined) return undefined;
  return mergeTrees(store, await read(range.mergeBase), await read(range.base), await read(head));
}

/** Sends `pull_request` with the action. */
export function announcePull(
  core: Core,
  repository: RepositoryRecord,
  issue: PullIssue,
  action: string,
  actor: string,
  more: Record<string, unknown> = {},
): void {
  core.webhooks.emit(repository, 'pull_request', actor, {
    action,
    number: issue.number,
    pull_request: { ...renderPull(core, repository, issue), merged: issue.pull.mergedAt !== null },
    ...more,
  });
}

/** Open pull requests follow the branches they name: a new head, a head gone, a base that took the commits in. */
export async function followRef(
  core: Core,
  repository: RepositoryRecord,
  branch: string,
  { before, after }: RefMove,
  actor: string,
): Promise<void> {
  const store = core.storeOf(repository);
  for (const issue of repository.issues.filter(isPull)) {
    if (issue.state !== 'open') continue;
    if (issue.pull.head === branch) {
      if (after === undefined) closePull(core, repository, issue, actor);
      else {
        issue.pull.headSha = after;
        issue.updatedAt = timestamp(core);
        await store.writeRef(`refs/pull/${issue.number}/head`, after);
        announcePull(core, repository, issue, 'synchronize', actor, { before, after });
      }
    } else if (issue.pull.base === branch) {
      if (after === undefined) closePull(core, repository, issue, actor);
      else if (await isAncestor(store, issue.pull.headSha, after)) {
        issue.pull.baseSha = before ?? issue.pull.baseSha;
        markMerged(core, repository, issue, after, actor);
      }
    }
  }
}

function closePull(core: Core, repository: RepositoryRecord, issue: PullIssue, actor: string): void {
  issue.state = 'closed';
  issue.closedAt = timestamp(core);
  issue.updatedAt = issue.closedAt;
  announcePull(core, repository, issue, 'closed', actor);
}

/** Closes the pull request as merged by that commit. */
export function markMerged(
  core: Core,
  repository: RepositoryRecord,
  issue: PullIssue,
  commit: string,
  actor: string,
): void {
  issue.pull.mergedAt = timestamp(core);
  issue.pull.mergedBy = actor;
  issue.pull.mergeCommitSha = commit;
  closePull(core, repository, issue, actor);
}
