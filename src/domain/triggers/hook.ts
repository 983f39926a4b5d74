import type { GitHubClient } from '../../github/client.ts';
import { GitHubError } from '../../github/errors.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/** Where GitHub delivers, below the public address. */
const WEBHOOK_PATH = '/api/v1/webhooks/github';

/** What a trigger can act on. */
const EVENTS = [
  'issues',
  'issue_comment',
  'pull_request',
  'pull_request_review',
  'check_run',
  'check_suite',
  'workflow_run',
];

/**
 * Makes the webhook of a repository, or brings the one that is there already up to date, so that doing it again changes nothing.
 *
 * @returns its id
 */
export async function ensureHook(
  { settings }: Context,
  github: GitHubClient,
  repository: string,
): Promise<number> {
  const wish = {
    url: `${settings.publicUrl}${WEBHOOK_PATH}`,
    secret: settings.githubWebhookSecret,
    events: EVENTS,
  };
  try {
    return (await github.createHook(repository, wish)).id;
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    if (error.code === 'invalid') {
      const there = await github.findHook(repository, wish.url);
      if (there === null) throw refused(error);
      await github.updateHook(repository, there.id, wish);
      return there.id;
    }
    throw error.code === 'notFound' || error.code === 'forbidden' ? refused(error) : error;
  }
}

const refused = (cause: GitHubError) =>
  new AppError(
    'githubForbidden',
    'GitHub does not let you add a webhook to this repository. Ask who administers it, or send createHook: false.',
    { cause },
  );
