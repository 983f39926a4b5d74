import { z } from 'zod';
import { GitHubError } from '../github/errors.ts';
import { branchNameProblem } from './branch-name.ts';
import { type RepositoryContext, repositoryOf } from './repository-context.ts';
import { defineTool, failure, type ToolResult } from './tool.ts';

const branchName = z.string().superRefine((name, context) => {
  const problem = branchNameProblem(name);
  if (problem) context.addIssue({ code: 'custom', message: `the name ${problem}` });
});

export const createBranch = defineTool({
  name: 'create_branch',
  description:
    'Creates a branch on GitHub where another one is. The branch of this agent itself comes with its first commit and needs no call.',
  effect: 'cas',
  needsRepository: true,
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({
    name: branchName.describe('Without refs/heads/'),
    from: branchName
      .optional()
      .describe('The branch to start from; the one this agent started from when left out'),
  }),
  subject: ({ name }) => name,

  async run(context, { name, from }) {
    const at = repositoryOf(context);
    const source = from ?? context.workspace.baseBranch;
    if (!at || source === null) return failure('This agent has no repository to create a branch in.');
    if (name.toLowerCase().startsWith('cadence/') && name !== context.workspace.branch) {
      return failure('Branches under cadence/ belong to agents, one each. Choose another name.');
    }
    const sha = await at.github.getRef(at.repository, source);
    if (sha === null) return failure(`There is no branch ${source} to start from.`);
    const found = await at.github.getRef(at.repository, name);
    if (found !== null) return adopt(name, source, found, sha);
    return create(at, name, source, sha);
  },
});

const report = (name: string, source: string, sha: string): ToolResult => ({
  output: `The branch ${name} is there, at ${sha.slice(0, 7)} as ${source} is.`,
  result: { name, from: source, sha },
});

/** A branch that is where it should be is what was asked for, whoever made it. */
const adopt = (name: string, source: string, found: string, sha: string): ToolResult =>
  found === sha
    ? report(name, source, sha)
    : failure(
        `There is a branch ${name} already, at ${found.slice(0, 7)}; ${source} is at ${sha.slice(0, 7)}. Choose another name.`,
      );

async function create(
  { github, repository }: RepositoryContext,
  name: string,
  source: string,
  sha: string,
): Promise<ToolResult> {
  try {
    await github.createRef(repository, name, sha);
    return report(name, source, sha);
  } catch (error) {
    const isOpen = error instanceof GitHubError && (error.code === 'invalid' || error.code === 'unavailable');
    // Refused or unanswered, the branch knows.
    const found = isOpen ? await github.getRef(repository, name) : null;
    if (found === null) throw error;
    return adopt(name, source, found, sha);
  }
}
