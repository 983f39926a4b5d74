import { type SQL, sql } from 'drizzle-orm';
import type { StoredEvent } from '../events/types.ts';
import { boundedPage, FOUND, rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { stands, type Viewer } from './standing.ts';
import type { RunStatus } from './states.ts';

/** The most events one page brings. */
export const EVENTS_PAGE = 500;

/** What a follower needs of a run, read in the same snapshot as its events. Times are RFC 3339. */
export interface FollowedRun {
  runId: string;
  agentId: string;
  status: RunStatus;
  epoch: number;
  stepNo: number;
  eventSeq: number;
  finishedAt: string | null;
}

/** A place in an agent's events: behind event `seq` of the run; 0 is its start. */
export interface EventCursor {
  runId: string;
  seq: number;
}

type LoggedEvent = StoredEvent & { runId: string };

export interface EventsPage {
  /** In the order of their runs and numbers. */
  events: LoggedEvent[];
  /** Whether there are more behind the last one. */
  more: boolean;
  /** The run, or the agent's latest one; null for an agent that never had one. */
  latest: FollowedRun | null;
  /** How far the cursor's run reaches; null without a cursor and when its run is gone. */
  cursorEnd: number | null;
  /** Whether the viewer would still be let in; if not, the events are not for them. */
  stands: boolean;
  /** No run will come any more: the agent is archived. Always true for a single run. */
  closed: boolean;
}

/** Events of one run behind `after`, with the run's state. Null when the run does not exist. */
export async function readRunEvents(
  db: Database,
  runId: string,
  after: number,
  viewer?: Viewer,
): Promise<EventsPage | null> {
  const rows = sql`SELECT r.id AS run_id, r.created_at AS run_created_at, e.seq, e.type, e.data, e.speech, e.created_at
    FROM run_events e JOIN runs r ON r.id = e.run_id
    WHERE e.run_id = ${runId}::text AND e.seq > ${after}::int
    ORDER BY e.seq LIMIT ${EVENTS_PAGE + 1}`;
  const [row] = await query<PageRow>(
    db,
    sql`WITH ${bounded(rows)}
      SELECT ${EVENTS} AS events, ${FOUND} AS found, ${followed(sql`r`)} AS latest,
        r.event_seq AS "cursorEnd", ${standing(viewer)} AS stands, true AS closed
      FROM runs r WHERE r.id = ${runId}::text`,
  );
  return row ? toPage(row) : null;
}

/**
 * Events of an agent's runs behind a cursor, run after run in the order of their creation; from the first when the cursor
 * is null. A cursor of a run that is gone or another agent's brings no events and `cursorEnd` null.
 *
 * @returns null when the agent does not exist
 */
export async function readAgentEvents(
  db: Database,
  agentId: string,
  cursor: EventCursor | null,
  viewer?: Viewer,
): Promise<EventsPage | null> {
  // One active run at a time (E13), so runs of an agent are created in the order in which they commit.
  const behind = cursor
    ? sql`(r.created_at, r.id) >= (SELECT created_at, id FROM at_cursor)
        AND (r.id <> ${cursor.runId}::text OR e.seq > ${cursor.seq}::int)`
    : sql`true`;
  const rows = sql`SELECT r.id AS run_id, r.created_at AS run_created_at, e.seq, e.type, e.data, e.speech, e.created_at
    FROM runs r JOIN run_events e ON e.run_id = r.id
    WHERE r.agent_id = ${agentId}::text AND ${behind}
    ORDER BY r.created_at, r.id, e.seq LIMIT ${EVENTS_PAGE + 1}`;
  const [row] = await query<PageRow>(
    db,
    sql`WITH at_cursor AS (
        SELECT id, created_at, event_seq FROM runs WHERE id = ${cursor?.runId ?? null}::text AND agent_id = ${agentId}::text
      ), ${bounded(rows)}
      SELECT ${EVENTS} AS events, ${FOUND} AS found,
        (SELECT ${followed(sql`r`)} FROM runs r WHERE r.agent_id = a.id ORDER BY r.created_at DESC, r.id DESC LIMIT 1) AS latest,
        (SELECT event_seq FROM at_cursor) AS "cursorEnd", ${standing(viewer)} AS stands, a.archived_at IS NOT NULL AS closed
      FROM agents a WHERE a.id = ${agentId}::text`,
  );
  return row ? toPage(row) : null;
}

/** Without a viewer it is us who look. */
export const standing = (viewer: Viewer | undefined): SQL => (viewer ? stands(viewer) : sql`true`);

export type PageRow = Omit<EventsPage, 'more'> & { found: number };

export const toPage = ({ found, ...row }: PageRow): EventsPage => ({
  ...row,
  more: found > row.events.length,
});

export const bounded = (rows: SQL) =>
  boundedPage({
    rows,
    order: sql`run_created_at, run_id, seq`,
    bytes: sql`octet_length(data::text)`,
    limit: EVENTS_PAGE,
  });

export const EVENTS = sql`(SELECT COALESCE(json_agg(json_build_object('runId', run_id, 'seq', seq, 'type', type,
  'data', data, 'speech', speech, 'at', ${rfc3339(sql`created_at`)}) ORDER BY n), '[]') FROM kept)`;

const followed = (
  r: SQL,
) => sql`json_build_object('runId', ${r}.id, 'agentId', ${r}.agent_id, 'status', ${r}.status,
  'epoch', ${r}.epoch, 'stepNo', ${r}.step_no, 'eventSeq', ${r}.event_seq,
  'finishedAt', ${rfc3339(sql`${r}.finished_at`)})`;
