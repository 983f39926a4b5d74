import { sql } from 'drizzle-orm';
import type { Log } from '../../src/log.ts';
import { type CloudOptions, openCloud } from '../support/cloud.ts';
import { type NewDatabase, openNewDatabase } from '../support/database.ts';
import type { FetchRouter } from '../support/fetch-router.ts';
import { WEB_ORIGIN } from './effects/task.ts';
import type { Web } from './effects/web.ts';
import { LEASE_MS } from './limits.ts';
import { createMemoryFs } from './memory-fs.ts';

/**
 * The product over a local cloud for virtual time: Git in memory, a database of its own that is asked without HTTP, and a user whose
 * session lasts, as runs in virtual time add up to more than one does.
 */
export async function openSimulatedCloud(options: {
  web: Web;
  qstash: CloudOptions['qstash'];
  log: boolean;
}) {
  // Its clock is the process's, which goes back when the world ends.
  const database = await openNewDatabase();
  const cloud = await openCloud({
    env: { STEPS_PER_CALLBACK: '2', LEASE_MS: String(LEASE_MS), LOG_LEVEL: 'debug' },
    model: { sleep: (ms, signal) => virtualSleep(ms, signal) },
    github: { fs: createMemoryFs(), rateLimit: { authenticated: 1_000_000 } },
    qstash: options.qstash,
    database,
    others: {
      web: { origin: WEB_ORIGIN, handle: options.web.fetch },
      neon: {
        origin: 'http://neon.local',
        handle: (request) => askDirectly(database, cloud.fetches, request),
      },
    },
  });
  const speakAgain = options.log ? () => undefined : silence(cloud.context.log);
  const { user } = await cloud.signIn('demo');
  const { rows } = await cloud.db.execute<{ id: string }>(
    sql`UPDATE sessions SET expires_at = 'infinity' RETURNING id`,
  );
  return { cloud, database, userId: user.id, sessionId: rows[0]?.id ?? '', speakAgain };
}

/** Faults make the product say a lot, and QStash's client tells the console of each. Gives what undoes it. */
function silence(log: Log): () => void {
  const nothing = () => undefined;
  Object.assign(log, {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    with: () => log,
  } satisfies Log);
  const { error } = console;
  console.error = nothing;
  return () => {
    console.error = error;
  };
}

export const flushAll = () =>
  new Request('http://redis.local/', {
    method: 'POST',
    headers: { authorization: 'Bearer redis-token' },
    body: JSON.stringify(['FLUSHALL']),
  });

/** The database's answer to a statement, without the body of the request being read again. */
async function askDirectly(
  { answer }: NewDatabase,
  { textOf }: Pick<FetchRouter, 'textOf'>,
  request: Request,
): Promise<Response> {
  const asked = { headers: Object.fromEntries(request.headers), body: await textOf(request) };
  const { status, headers, body } = await answer(asked);
  return new Response(body, { status, headers: { 'content-type': 'application/json', ...headers } });
}

function virtualSleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
