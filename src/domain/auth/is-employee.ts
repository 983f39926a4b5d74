import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { asGithubUser } from '../github-access.ts';

/**
 * Whether somebody's main e-mail address, which GitHub has seen them prove, is of one of the configured domains: letter by letter, no
 * domain below it counts.
 *
 * @throws {AppError} githubAccessLost, githubForbidden or githubUnavailable
 */
export async function isEmployee(context: Context, userId: string): Promise<boolean> {
  const { employeeEmailDomains } = context.settings;
  if (employeeEmailDomains.length === 0) return false;
  const email = await asGithubUser(context, userId, (client) => client.getVerifiedEmail()).catch(notShown);
  return (
    email !== null && employeeEmailDomains.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase())
  );
}

/** Who signed in before we asked GitHub for addresses does not show theirs. */
function notShown(error: unknown): null {
  if (error instanceof AppError && error.code === 'notFound') return null;
  throw error;
}
