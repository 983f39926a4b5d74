import type { LocalGitHub } from '../github/testing.ts';
import { createMemory } from '../memory/memory.ts';
import { createOutputs } from '../outputs/outputs.ts';
import { emptyBase } from '../workspace/empty-base.ts';
import { createGitHubBases } from '../workspace/github-base.ts';
import { memoryWorkspace } from '../workspace/testing.ts';
import { createWorkspace, type Workspace } from '../workspace/workspace.ts';
import type { ToolContext } from './tool.ts';

/** For tests: the context of a call, without a repository unless given. */
export function toolContext(given: Partial<ToolContext> = {}): ToolContext {
  return {
    toolCallId: 'call_1',
    runId: 'run_1',
    workspace: memoryWorkspace(),
    memory: createMemory({}),
    outputs: createOutputs({}),
    recall: () => Promise.resolve([]),
    github: null,
    fetch: ({ url }) => Promise.reject(new TypeError(`nobody expected a request to ${url}`)),
    openHeaders: () => Promise.resolve(null),
    child: null,
    toolNames: [],
    checkDag: () => Promise.resolve([]),
    plannedAt: '2026-11-02T09:30:00Z',
    signal: new AbortController().signal,
    ...given,
  };
}

/** For tests: a workspace over a commit of a local repository. */
export function repositoryWorkspace(
  { client, repository }: LocalGitHub,
  baseSha: string | null,
  overlay: Record<string, string | null>,
): Workspace {
  const bases = createGitHubBases({ client, repository });
  return createWorkspace({
    repository,
    branch: 'cadence/agent_1',
    baseBranch: 'main',
    baseSha,
    overlay: Object.entries(overlay),
    openBase: (sha) => (sha === null ? emptyBase : bases.at(sha)),
  });
}
