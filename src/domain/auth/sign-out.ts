import { readRefreshToken } from '../../auth/refresh-token.ts';
import { endSession } from '../../store/sessions.ts';
import type { Context } from '../context.ts';
import { recheckStreams } from './recheck-streams.ts';

/**
 * Ends the session of a refresh token, also of one that was replaced since. A token that is none of ours has no session,
 * so there is nothing to end and nothing to complain about (RFC 7009 §2.2).
 */
export async function signOut(context: Context, presented: string): Promise<void> {
  const token = await readRefreshToken(context.settings.jwtSecret, presented);
  const userId = token && (await endSession(context.db, token.sessionId));
  if (userId !== null) await recheckStreams(context, { userId });
}
