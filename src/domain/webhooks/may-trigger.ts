import type { GitHubClient } from '../../github/client.ts';
import { GitHubError } from '../../github/errors.ts';
import type { Trigger } from '../../store/triggers.ts';
import type { Account } from './read-event.ts';

/** Whether somebody may start agents: they are named, or GitHub says that they may do enough. Bots must be named. */
export async function mayTrigger(
  github: GitHubClient,
  { permission, logins }: Pick<Trigger, 'permission' | 'logins'>,
  repository: string,
  { login, isBot }: Account,
): Promise<boolean> {
  if (logins.some((listed) => listed.toLowerCase() === login.toLowerCase())) return true;
  if (isBot || permission === 'listed') return false;
  const granted = await github.getPermission(repository, login).catch((error: unknown) => {
    if (error instanceof GitHubError && error.code === 'notFound') return 'none' as const;
    throw error;
  });
  return granted === 'admin' || (permission === 'write' && granted === 'write');
}
