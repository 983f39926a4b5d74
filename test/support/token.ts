import { issueAccessToken } from '../../src/auth/access-token.ts';
import type { Context } from '../../src/domain/context.ts';

/** An access token of a user, as a sign-in would give; for routes that do not look the user up. */
export function tokenFor(
  { settings, now }: Pick<Context, 'settings' | 'now'>,
  userId = 'user_test',
): Promise<string> {
  const authority = { issuer: settings.publicUrl, secret: settings.jwtSecret };
  return issueAccessToken(authority, { userId, sessionId: 'session_test', tokenId: 'token_test' }, now());
}
