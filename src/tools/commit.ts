import { z } from 'zod';
import { commitOverlay } from './commit-overlay.ts';
import { repositoryOf } from './repository-context.ts';
import { defineTool, failure } from './tool.ts';

export const commit = defineTool({
  name: 'commit',
  description:
    'Commits all uncommitted edits to the branch of this agent on GitHub, creating the branch the first time.',
  effect: 'cas',
  needsRepository: true,
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({
    message: z
      .string()
      .trim()
      .min(1)
      .max(4000)
      .describe('What changed and why: a short first line, then a blank line and more if needed'),
  }),
  subject: ({ message }) => message.split('\n', 1)[0],

  async run(context, { message }) {
    const { workspace, toolCallId, plannedAt } = context;
    const at = repositoryOf(context);
    if (!at) return failure('This agent has no repository to commit to.');
    const outcome = await commitOverlay({ ...at, workspace, toolCallId, plannedAt, message });
    switch (outcome.kind) {
      case 'committed': {
        const { sha, files } = outcome;
        const made = { sha, message, branch: workspace.branch, files };
        const count = files === 1 ? '1 file' : `${files} files`;
        return {
          output: `Committed ${count} to ${workspace.branch} as ${sha.slice(0, 7)}.`,
          result: made,
          events: [{ type: 'commit.created', data: made }],
        };
      }
      case 'nothing':
        return failure('There is nothing to commit: no file differs from the last commit.');
      case 'noBase':
        return failure('The repository has no commit to build on yet.');
      case 'overlapping':
        return failure(
          `Someone else changed ${workspace.branch} meanwhile, in files you edited too: ${outcome.paths.join(', ')}. ` +
            'Your edits of these were dropped. Read them again, make your changes again, then commit.',
        );
      case 'restless':
        return failure(`${workspace.branch} was moved again and again meanwhile. Try to commit again.`);
    }
  },
});
