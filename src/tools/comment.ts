import { z } from 'zod';
import { issueNumber } from './inputs.ts';
import { leadsElsewhere } from './leads-elsewhere.ts';
import { type RepositoryContext, repositoryOf } from './repository-context.ts';
import { defineTool, failure, type ToolContext, type ToolResult } from './tool.ts';
import { carriesMark, withMark } from './trailer.ts';

/** GitHub takes 65,536 characters; the mark needs some. */
const LONGEST_BODY = 60_000;

/** How far GitHub's clock may be behind ours when it says when a comment was made. */
const CLOCK_TOLERANCE_MS = 10 * 60_000;

export const comment = defineTool({
  name: 'comment',
  description:
    'Comments on an issue or pull request of the repository, as the user. Everyone who reads it sees the comment.',
  effect: 'marked',
  needsRepository: true,
  trust: { readsPrivate: false, readsUntrusted: false, egress: { of: ({ body }) => leadsElsewhere(body) } },
  input: z.strictObject({
    issue: issueNumber,
    body: z.string().trim().min(1).max(LONGEST_BODY).describe('In Markdown'),
  }),
  subject: ({ issue, body }) => `#${issue}: ${body.split('\n', 1)[0]}`,

  async run(context, { issue, body }) {
    const at = repositoryOf(context);
    if (!at) return failure('This agent has no repository with issues.');
    return report(
      issue,
      await at.github.createComment(at.repository, issue, withMark(body, context.toolCallId)),
    );
  },

  async lookUp(context, { issue }) {
    const at = repositoryOf(context);
    return at && findOurs(at, context, issue);
  },
});

const report = (issue: number, { id, url }: { id: number; url: string }): ToolResult => ({
  output: `Commented on #${issue}: ${url}.`,
  result: { issue, commentId: id, url },
});

/** The first comment with the call's mark: who quotes one later may carry the mark along. */
async function findOurs(
  { github, repository }: RepositoryContext,
  { toolCallId, plannedAt }: ToolContext,
  issue: number,
): Promise<ToolResult | null> {
  const since = new Date(Date.parse(plannedAt) - CLOCK_TOLERANCE_MS).toISOString();
  for (let page: number | null = 1; page !== null; ) {
    const { items, nextPage } = await github.listComments(repository, issue, { since, page });
    const ours = items.find(({ body }) => carriesMark(body, toolCallId));
    if (ours) return report(issue, ours);
    page = nextPage;
  }
  return null;
}
