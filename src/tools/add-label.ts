import { z } from 'zod';
import { issueNumber } from './inputs.ts';
import { repositoryOf } from './repository-context.ts';
import { defineTool, failure } from './tool.ts';

/** GitHub's own limit. */
const LONGEST_LABEL = 50;

export const addLabel = defineTool({
  name: 'add_label',
  description:
    'Puts labels on an issue or pull request of the repository. Labels it carries stay; labels the repository lacks are made.',
  effect: 'set',
  needsRepository: true,
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({
    issue: issueNumber,
    labels: z.array(z.string().trim().min(1).max(LONGEST_LABEL)).min(1).max(20),
  }),
  subject: ({ issue, labels }) => `#${issue}: ${labels.join(', ')}`,

  async run(context, { issue, labels }) {
    const at = repositoryOf(context);
    if (!at) return failure('This agent has no repository with issues.');
    const carried = await at.github.addLabels(at.repository, issue, labels);
    return { output: `#${issue} carries: ${carried.join(', ')}.`, result: { issue, labels: carried } };
  },
});
