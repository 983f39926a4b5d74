import { z } from 'zod';
import { GitHubError } from '../github/errors.ts';
import { pushFiles } from '../project/push-files.ts';
import type { PushTo } from '../store/states.ts';
import { defineTool, failure, type Tool } from './tool.ts';

export const PUSH_BACKEND = 'push_backend';

/**
 * Puts what a generator has written into the repository that its user asked for. No model is told of it: the engine asks for it with the last word of a run
 * that has passed its check. It is in no catalogue, so that no other run has it.
 */
export const pushBackend = ({ repository, private: isPrivate }: PushTo, agentId: string): Tool =>
  defineTool({
    name: PUSH_BACKEND,
    description: 'Pushes the backend to its repository on GitHub, in one commit.',
    effect: 'cas',
    byEngine: true,
    trust: { readsPrivate: false, readsUntrusted: false, egress: false },
    input: z.strictObject({ title: z.string() }),
    subject: () => repository,

    async run(context, { title }) {
      const { github, workspace, signal } = context;
      if (github === null) {
        throw new GitHubError('There is no access to GitHub.', { status: 401, code: 'unauthorized' });
      }
      const files = Array.from(await workspace.search(), ([path, content]) => ({ path, content }));
      const outcome = await pushFiles(github.withSignal(signal), {
        repository,
        private: isPrivate,
        agentId,
        runId: context.runId,
        toolCallId: context.toolCallId,
        title,
        files,
        date: context.plannedAt,
      });
      switch (outcome.kind) {
        case 'pushed': {
          const { kind: _, ...pushed } = outcome;
          const { sha, branch } = pushed;
          return {
            output: `Pushed to ${pushed.repository} as ${sha.slice(0, 7)}.`,
            result: pushed,
            events: [
              {
                type: 'commit.created',
                data: { sha, message: `Pushed to ${pushed.repository}`, branch, files: files.length },
              },
            ],
          };
        }
        case 'taken':
          return failure(`${outcome.repository} exists, and was not made for this job.`);
        case 'refused':
          return failure(`GitHub does not let you make ${repository}.`);
        case 'notReady':
          throw new GitHubError(`${outcome.repository} is not ready yet.`, {
            status: 0,
            code: 'unavailable',
            retryAfterSeconds: 2,
            cause: outcome.cause,
          });
      }
    },
  });
