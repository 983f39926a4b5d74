import type { GitHubClient } from '../github/client.ts';
import type { RunContext } from '../store/runs/history.ts';
import { emptyBase } from './empty-base.ts';
import { createGitHubBases } from './github-base.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

/** Opens a run's workspace as it was stored. Nothing is loaded before a tool asks for it. */
export function openWorkspace(
  context: Pick<RunContext, 'repository' | 'branch' | 'baseBranch' | 'baseSha' | 'files'>,
  github: GitHubClient | null,
  signal: AbortSignal,
): Workspace {
  const { repository, branch, baseBranch, baseSha, files } = context;
  const bases =
    repository && github ? createGitHubBases({ client: github.withSignal(signal), repository }) : null;
  return createWorkspace({
    repository,
    branch,
    baseBranch,
    baseSha,
    overlay: files.map(({ path, content }) => [path, content] as const),
    openBase: (sha) => (bases && sha ? bases.at(sha) : emptyBase),
  });
}
