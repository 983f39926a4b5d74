import type { Tree } from '../github/git-data.ts';
import { type Workspace, WorkspaceError } from '../workspace/workspace.ts';
import { isWithin } from './inputs.ts';
import type { RepositoryContext } from './repository-context.ts';

/**
 * The edited paths that differ between two commits, or stand in the way of what does (a file where the other has a
 * folder), sorted. Trees are compared, not histories, so a branch that was forced elsewhere is understood too, and
 * there is no limit of 300 files.
 */
export async function overlapOf(
  { github, repository }: RepositoryContext,
  workspace: Workspace,
  base: string,
  head: string,
): Promise<string[]> {
  const [before, after] = await Promise.all([
    github.getTree(repository, base),
    github.getTree(repository, head),
  ]);
  if (before.truncated || after.truncated) {
    throw new WorkspaceError('tooLarge', `${repository} has too many files to see what others changed.`);
  }
  const changed = changedPaths(before, after);
  const clashes = (path: string) => changed.some((other) => isWithin(path, other) || isWithin(other, path));
  return [...workspace.overlay.keys()].filter(clashes).sort();
}

function changedPaths(before: Tree, after: Tree): string[] {
  const old = filesOf(before);
  const young = filesOf(after);
  const paths = new Set([...old.keys(), ...young.keys()]);
  return [...paths].filter((path) => old.get(path) !== young.get(path));
}

function filesOf({ items }: Tree): Map<string, string> {
  const files = items.filter((item) => item.type !== 'tree');
  return new Map(files.map((item) => [item.path, `${item.mode} ${item.sha}`]));
}
