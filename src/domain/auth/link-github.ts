import { sealGithubTokens } from '../../auth/github-token.ts';
import { findUser, linkGithub as keepLink, type User } from '../../store/users.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { type GithubReturn, returnFromGithub, unknownSignIn } from './return-from-github.ts';

/**
 * Gives a user the GitHub account that they have signed in to, so that their agents can work on its repositories and they can sign in
 * with it. Linking the account that they have again brings a new token.
 *
 * @throws {AppError} signInUnknown, githubAccountTaken, githubLinked, githubCodeRefused or githubUnavailable
 */
export async function linkGithub(context: Context, userId: string, input: GithubReturn): Promise<User> {
  const { stateHash, tokens, profile } = await returnFromGithub(context, input);
  const githubToken = await sealGithubTokens(context.settings.encryptionKeys, userId, tokens);
  const linking = await keepLink(context.db, { userId, stateHash, profile, githubToken });
  switch (linking.outcome) {
    case 'linked':
      return linking.user;
    case 'taken':
      throw new AppError(
        'githubAccountTaken',
        `The GitHub account ${profile.login} belongs to another user.`,
      );
    case 'unknown': {
      const user = await findUser(context.db, userId);
      if (user?.githubLinked !== true || user.login === profile.login) throw unknownSignIn();
      throw new AppError('githubLinked', `You have the GitHub account ${user.login} here.`);
    }
  }
}
