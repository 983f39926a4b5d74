import { z } from 'zod';
import { GitHubError } from '../github/errors.ts';
import type { PullRequest } from '../github/pulls.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { leadsElsewhere } from './leads-elsewhere.ts';
import { type RepositoryContext, repositoryOf } from './repository-context.ts';
import { defineTool, failure, type ToolResult } from './tool.ts';
import { carriesTrailer, withTrailer } from './trailer.ts';

export const openPullRequest = defineTool({
  name: 'open_pull_request',
  description: 'Opens a pull request from the branch of this agent. Commit first.',
  effect: 'cas',
  needsRepository: true,
  trust: {
    readsPrivate: false,
    readsUntrusted: false,
    egress: { of: ({ title, body = '' }) => leadsElsewhere(`${title}\n${body}`) },
  },
  input: z.strictObject({
    title: z.string().trim().min(1).max(250),
    body: z.string().max(20_000).optional().describe('What changed and why, in Markdown'),
  }),
  subject: ({ title }) => title,

  async run(context, { title, body = '' }) {
    const { workspace, toolCallId } = context;
    const at = repositoryOf(context);
    if (!at || workspace.baseBranch === null) {
      return failure('This agent has no repository to open a pull request in.');
    }
    const branches = { head: workspace.branch, base: workspace.baseBranch };
    const open = await at.github.findOpenPull(at.repository, branches);
    if (open) return report(open, workspace, toolCallId);
    if (!(await hasCommits(at, branches, workspace.baseSha))) {
      return failure(`${branches.head} has no commit that ${branches.base} lacks. Commit first.`);
    }
    const input = { ...branches, title, body: withTrailer(body, toolCallId) };
    const pull = await createOrAdopt(at, input);
    return report(pull, workspace, toolCallId);
  },
});

interface Branches {
  head: string;
  base: string;
}

/** A fork begins with commits of another branch: its own is made of them here when it has committed nothing yet. */
async function hasCommits(
  { github, repository }: RepositoryContext,
  { head, base }: Branches,
  baseSha: string | null,
): Promise<boolean> {
  const ref = await github.getRef(repository, head);
  const tip = ref === null ? baseSha : head;
  if (tip === null) return false;
  const { aheadBy } = await github.compare(repository, base, tip);
  if (ref === null && aheadBy > 0) await github.createRef(repository, head, tip);
  return aheadBy > 0;
}

/** GitHub allows one open pull request between two branches and refuses a second, so the one there is ours to find. */
async function createOrAdopt(
  { github, repository }: RepositoryContext,
  input: Branches & { title: string; body: string },
): Promise<PullRequest> {
  try {
    return await github.createPull(repository, input);
  } catch (error) {
    const mayExist =
      error instanceof GitHubError && (error.code === 'invalid' || error.code === 'unavailable');
    const open = mayExist ? await github.findOpenPull(repository, input) : null;
    if (!open) throw error;
    return open;
  }
}

/** A pull request of this call is told the same way however often; another's is only pointed at. */
function report(pull: PullRequest, workspace: Workspace, toolCallId: string): ToolResult {
  const { number, title, url } = pull;
  const result = { number, url, title };
  const edits = workspace.overlay.size;
  const files = edits === 1 ? '1 edited file that is' : `${edits} edited files that are`;
  const note = edits === 0 ? '' : ` It lacks ${files} not committed.`;
  if (!carriesTrailer(pull.body, toolCallId)) {
    return { output: `Pull request #${number} is open already: ${url}.${note}`, result };
  }
  return {
    output: `Opened pull request #${number}: ${url}.${note}`,
    result,
    events: [{ type: 'pullRequest.opened', data: { number, title, url } }],
  };
}
