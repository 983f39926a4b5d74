import type { Listed, RowPosition } from '../../store/bounded-page.ts';
import { listSessions as readSessions, type Session } from '../../store/sessions.ts';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';

/** A page of somebody's sessions, newest first; `current` is the one they ask with. */
export async function listSessions(
  { db }: Context,
  { userId, credential }: Actor,
  page: { limit: number; after: RowPosition | undefined },
): Promise<Listed<Session & { current: boolean }>> {
  const { items, next } = await readSessions(db, { userId, ...page });
  const current = credential.kind === 'session' ? credential.sessionId : null;
  return { items: items.map((session) => ({ ...session, current: session.id === current })), next };
}
