import { z } from 'zod';
import { defineTool, failure } from './tool.ts';

export const DELEGATE = 'delegate';

export const delegateInput = z.strictObject({
  task: z
    .string()
    .trim()
    .min(1)
    .max(20_000)
    .describe('All that it is told: what to do, what it needs to know, and what to answer with'),
  tools: z
    .array(z.string().max(100))
    .max(100)
    .optional()
    .describe('Which of your tools it gets; all of them, if left out'),
  timeoutSeconds: z
    .int()
    .min(60)
    .max(604_800)
    .optional()
    .describe('When it is cancelled if it has not ended by then; it may have to wait for the user'),
});

/** What a sub-agent is to have that who delegates to it has not. */
export const toolsUnknown = (
  { tools = [] }: z.infer<typeof delegateInput>,
  own: readonly string[],
): string[] => tools.filter((name) => !own.includes(name));

/** The engine begins the sub-agents of a step before any other of its calls, and carries this one out when they have ended. */
export const delegate = defineTool({
  name: DELEGATE,
  description:
    'Gives a part of the work to a sub-agent, and waits for what comes of it. Several of these in one turn work side by side, so ask for all that can be done at the same time at once. ' +
    'A sub-agent knows nothing but its task. In a repository it starts from your last commit, not from edits that you have not committed, and commits to a branch of its own; without one it starts with an empty workspace. At most 8 in a run.',
  effect: 'keyed',
  // What it has read comes back with what it says, by the row of its run.
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: delegateInput,
  onlyByName: true,
  subject: ({ task }) => task.split('\n', 1)[0],

  async run({ child, toolNames }, input) {
    const unknown = toolsUnknown(input, toolNames);
    if (unknown.length > 0) return failure(`Not begun: you have no tool ${unknown.join(', ')} to give away.`);
    if (child === null) {
      return failure(
        'Not begun: a run has at most 8 sub-agents, and nobody delegates below the second level. Do it yourself.',
      );
    }
    const { runId, status, branch, text, error } = child;
    const result = { runId, status, branch };
    const where = branch === null ? '' : `\n\nIts commits are on the branch ${branch}.`;
    if (status === 'completed') return { output: `${text || 'Done.'}${where}`, result };
    const why = error?.message ?? 'Nobody knows why.';
    return { output: `The sub-agent did not complete (${status}): ${why}${where}`, isError: true, result };
  },
});
