import { GitHubError } from '../github/errors.ts';
import type { TreeChange } from '../github/git-data.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { overlapOf } from './overlap.ts';
import type { RepositoryContext } from './repository-context.ts';
import { carriesTrailer, withTrailer } from './trailer.ts';

/** How often the base follows a branch that others move before the model is asked. */
const MAX_ATTEMPTS = 3;

/** How far back our own commit is looked for. */
const LOOK_BACK = 20;

type CommitOutcome =
  | { kind: 'committed'; sha: string; files: number }
  | { kind: 'nothing' }
  | { kind: 'noBase' }
  | { kind: 'overlapping'; paths: string[] }
  | { kind: 'restless' };

interface CommitInput extends RepositoryContext {
  workspace: Workspace;
  toolCallId: string;
  /** Author's and committer's date, so that a repetition makes the same commit. */
  plannedAt: string;
  message: string;
}

/**
 * Turns the overlay into one commit on the workspace's branch, exactly once in effect: the commit names the tool call,
 * so a repetition, or a look after an answer was lost, finds and adopts it. A branch that someone else moved becomes
 * the new base unless both changed the same files.
 *
 * @throws {GitHubError} when GitHub cannot be asked; repeating the call is safe
 */
export async function commitOverlay(input: CommitInput): Promise<CommitOutcome> {
  const { github, repository, workspace } = input;
  const changes = await treeChanges(workspace);
  if (changes.length === 0) return { kind: 'nothing' };

  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const base = workspace.baseSha;
    if (base === null) return { kind: 'noBase' };
    const head = await github.getRef(repository, workspace.branch);
    const earlier = head === null || head === base ? null : await findOurs(input, head);
    if (earlier !== null) return adopt(workspace, earlier, changes.length);

    if (head !== null && head !== base) {
      const paths = await overlapOf(input, workspace, base, head);
      workspace.rebase(head, paths);
      if (paths.length > 0) return { kind: 'overlapping', paths };
      continue;
    }

    const sha = await createCommit(input, base, changes);
    if (sha === null) return { kind: 'nothing' };
    if (await moveBranch(input, head, sha)) return adopt(workspace, sha, changes.length);
  }
  return { kind: 'restless' };
}

/** The overlay as changes to the base's tree, sorted by path; deletions of what the base never had are left out. */
async function treeChanges({ overlay, base }: Workspace): Promise<TreeChange[]> {
  const changes: TreeChange[] = [];
  for (const [path, content] of [...overlay].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const mode = await base.mode(path);
    if (content === null && mode === null) continue;
    // Executables and links stay what they are; what takes the place of a submodule is a file.
    changes.push({ path, mode: mode === null || mode === '160000' ? '100644' : mode, content });
  }
  return changes;
}

/** The commit this very call made earlier, if the branch carries it. */
async function findOurs(
  { github, repository, toolCallId }: CommitInput,
  head: string,
): Promise<string | null> {
  const commits = await github.listCommits(repository, head, LOOK_BACK);
  return commits.find(({ message }) => carriesTrailer(message, toolCallId))?.sha ?? null;
}

function adopt(workspace: Workspace, sha: string, files: number): CommitOutcome {
  workspace.rebase(sha, workspace.overlay.keys());
  return { kind: 'committed', sha, files };
}

/** Writes the commit without moving the branch to it; null when it would change nothing. */
async function createCommit(input: CommitInput, base: string, changes: TreeChange[]): Promise<string | null> {
  const { github, repository, message, toolCallId, plannedAt } = input;
  const { treeSha } = await github.getCommit(repository, base);
  const tree = await github.createTree(repository, { baseTree: treeSha, changes });
  if (tree.sha === treeSha) return null;
  const user = await github.getUser();
  const author = {
    name: user.name ?? user.login,
    // GitHub's own address for those who show none (docs.github.com, "Email addresses reference").
    email: user.email ?? `${user.id}+${user.login}@users.noreply.github.com`,
    date: plannedAt,
  };
  const { sha } = await github.createCommit(repository, {
    message: withTrailer(message, toolCallId),
    tree: tree.sha,
    parents: [base],
    author,
    committer: author,
  });
  return sha;
}

/** Creates the branch at the commit or moves it there. False: someone else was faster, look again. */
async function moveBranch(input: CommitInput, head: string | null, sha: string): Promise<boolean> {
  const { github, repository, workspace } = input;
  try {
    if (head === null) await github.createRef(repository, workspace.branch, sha);
    else await github.updateRef(repository, workspace.branch, sha);
    return true;
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    if (error.code !== 'invalid' && error.code !== 'conflict' && error.code !== 'unavailable') throw error;
    // Refused or unanswered, the branch knows. One that did not move was refused for a reason of its own.
    const now = await github.getRef(repository, workspace.branch);
    if (now === sha) return true;
    if (now === head) throw error;
    return false;
  }
}
