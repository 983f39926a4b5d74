import type { GitHubClient } from '../github/client.ts';
import type { ToolContext } from './tool.ts';

/** What a tool needs to act on the agent's repository. */
export interface RepositoryContext {
  /** Ends with the call. */
  github: GitHubClient;
  repository: string;
}

/** The repository of the workspace and who acts on it, or null for an agent that has none. */
export function repositoryOf({ github, workspace, signal }: ToolContext): RepositoryContext | null {
  const { repository } = workspace;
  return github && repository !== null ? { github: github.withSignal(signal), repository } : null;
}
