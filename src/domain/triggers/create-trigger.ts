import type { GitHubClient } from '../../github/client.ts';
import { GitHubError } from '../../github/errors.ts';
import {
  findTrigger,
  insertTrigger,
  listTriggers,
  type Trigger,
  type TriggerSettings,
} from '../../store/triggers.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';
import { asGithubUser } from '../github-access.ts';
import { madeBefore } from '../made-before.ts';
import { checkAgent } from './check-agent.ts';
import { getTrigger } from './get-trigger.ts';
import { ensureHook } from './hook.ts';

export type { Trigger };

/** Of a trigger that says nothing else. */
export const DEFAULT_SETTINGS: TriggerSettings = {
  issueLabel: 'cadence',
  mention: '@cadence',
  review: true,
  failedCheck: true,
  mergeOrClose: true,
  permission: 'write',
  logins: [],
  agent: {},
};

interface CreateTriggerInput {
  organisationId: string;
  /** Who makes it: it acts as they. */
  userId: string;
  /** "owner/name" */
  repository: string;
  /** Whether to add the webhook to the repository; else somebody does it by hand. */
  createHook: boolean;
  settings: TriggerSettings;
}

/**
 * Lets agents start by themselves on what happens in a repository that its maker may push to.
 *
 * @throws {AppError} validationFailed, triggerExists, githubAccessLost, githubForbidden or githubUnavailable
 */
export async function createTrigger(context: Context, input: CreateTriggerInput): Promise<Trigger> {
  const { db } = context;
  const { organisationId, userId, settings } = input;
  const id = context.newId('trigger');
  const before = await madeBefore(context, () => findTrigger(db, organisationId, id));
  if (before) return before;
  await checkAgent(context, userId, settings.agent);
  const at = await asGithubUser(context, userId, async (github) => {
    const repository = await readRepository(github, input.repository, settings.agent.baseBranch);
    await refuseSecond(context, organisationId, repository.id);
    const hookId = input.createHook ? await ensureHook(context, github, repository.fullName) : null;
    return { repositoryId: repository.id, repository: repository.fullName, hookId };
  });
  if (!(await insertTrigger(db, { id, organisationId, userId, ...at, ...settings }))) throw second();
  return getTrigger(context, { organisationId, triggerId: id });
}

async function readRepository(github: GitHubClient, named: string, branch: string | undefined) {
  const missing = (field: string, message: string) => (error: unknown) => {
    const isMissing = error instanceof GitHubError && error.code === 'notFound';
    throw isMissing ? invalidField(field, message, error) : error;
  };
  const repository = await github
    .getRepository(named)
    .catch(missing('body.repository', `There is no repository ${named} that you can read.`));
  if (!repository.canPush) {
    throw new AppError('githubForbidden', 'Only who may push to a repository lets agents work there.');
  }
  if (branch !== undefined) {
    const message = `${repository.fullName} has no branch "${branch}".`;
    await github.getBranch(repository.fullName, branch).catch(missing('body.agent.baseBranch', message));
  }
  return repository;
}

/** Looked at before GitHub is asked for a webhook; the row decides. */
async function refuseSecond({ db }: Context, organisationId: string, repositoryId: number): Promise<void> {
  const triggers = await listTriggers(db, organisationId);
  if (triggers.some((trigger) => trigger.repositoryId === repositoryId)) throw second();
}

const second = () =>
  new AppError('triggerExists', 'The organisation has a trigger for this repository. Change that one.');
