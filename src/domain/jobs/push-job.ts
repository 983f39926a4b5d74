import { type Pushed, pushFiles, titleOf } from '../../project/push-files.ts';
import { repositoryExists } from '../agents/check-free.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { asGithubUser } from '../github-access.ts';
import { getJob } from './get-job.ts';
import { allJobFiles } from './read-job-files.ts';

/**
 * Pushes what a completed job made to a new repository, as its user, in one commit. Repeating it finds what an earlier try has done. The repository of an earlier
 * job of the same agent takes this one's files as its next commit; every other one that exists is left alone.
 *
 * @throws {AppError} notFound, jobUnfinished, repositoryExists, validationFailed naming `body.repository`, githubAccessLost, githubForbidden or
 *   githubUnavailable; after the last the same request goes on where this one stopped
 */
export async function pushJob(
  context: Context,
  input: { organisationId: string; userId: string; jobId: string; repository: string; private: boolean },
): Promise<Pushed> {
  const job = await getJob(context, input);
  if (job.state !== 'completed') throw new AppError('jobUnfinished', 'Only a completed job can be pushed.');
  const files = await allJobFiles(context, input);
  const { agentId, runId } = job;
  const date = `${(job.finishedAt ?? job.createdAt).slice(0, 19)}Z`;
  const push = { ...input, agentId, runId, title: titleOf(job.prompt), files, date };
  const outcome = await asGithubUser(context, input.userId, (github) => pushFiles(github, push));
  switch (outcome.kind) {
    case 'pushed': {
      const { kind: _, ...pushed } = outcome;
      return pushed;
    }
    case 'taken':
      throw repositoryExists(outcome.repository);
    case 'refused':
      throw new AppError('validationFailed', 'Not valid: body.repository.', {
        errors: [{ field: 'body.repository', message: `GitHub does not let you make ${input.repository}.` }],
        cause: outcome.cause,
      });
    case 'notReady':
      throw new AppError('githubUnavailable', `${outcome.repository} is not ready yet. Try again shortly.`, {
        retryAfterSeconds: 2,
        cause: outcome.cause,
      });
  }
}
