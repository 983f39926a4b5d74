import { hashOf } from '../../crypto/hash.ts';
import { beginSignIn as keepSignIn } from '../../store/sign-ins.ts';
import type { Context } from '../context.ts';
import { invalidField } from '../errors.ts';
import { mayReturnTo } from './redirects.ts';

/**
 * Begins a sign-in, and gives the address at GitHub to send the user to.
 *
 * @throws {AppError} validationFailed naming the address when nobody has allowed it, or the state when it is another sign-in's
 */
export async function beginSignIn(
  { db, github, settings }: Context,
  input: { state: string; codeChallenge: string; redirectUri: string; login?: string | undefined },
): Promise<string> {
  const { login, ...signIn } = input;
  if (!mayReturnTo(settings.redirectUris, signIn.redirectUri)) {
    throw invalidField('query.redirectUri', 'This address is not one that users may be sent back to.');
  }
  if (!(await keepSignIn(db, await hashOf(signIn.state), signIn))) {
    throw invalidField('query.state', 'Another sign-in has it. Make a new one.');
  }
  const url = new URL(github.authorizeUrl(signIn));
  if (login !== undefined) url.searchParams.set('login', login);
  return url.href;
}
