import { sql } from 'drizzle-orm';
import { FOUND } from './bounded-page.ts';
import { EXECUTION_OVER } from './dag/turn.ts';
import { type Database, query } from './database.ts';
import {
  bounded,
  EVENTS,
  EVENTS_PAGE,
  type EventsPage,
  type PageRow,
  standing,
  toPage,
} from './run-events.ts';
import type { Viewer } from './standing.ts';

/**
 * Events of an execution behind `after`. That of a node's run has the data it has there, and says of which run and node it is. To who
 * follows, an execution that is over looks like a run that has ended, and one that is not like one that is yet to begin.
 *
 * @returns null when the execution does not exist
 */
export async function readDagEvents(
  db: Database,
  executionId: string,
  after: number,
  viewer?: Viewer,
): Promise<EventsPage | null> {
  const rows = sql`SELECT e.execution_id AS run_id, x.created_at AS run_created_at, e.seq, e.type,
      CASE WHEN e.run_seq IS NULL THEN COALESCE(e.data, '{}') ELSE COALESCE(r.data, '{}') ||
        jsonb_build_object('nodeId', e.node_id, 'runId', e.run_id, 'runSeq', e.run_seq) END AS data,
      COALESCE(e.speech, r.speech) AS speech, e.created_at
    FROM dag_events e JOIN dag_executions x ON x.id = e.execution_id
      LEFT JOIN run_events r ON r.run_id = e.run_id AND r.seq = e.run_seq
    WHERE e.execution_id = ${executionId}::text AND e.seq > ${after}::int
    ORDER BY e.seq LIMIT ${EVENTS_PAGE + 1}`;
  const [row] = await query<PageRow>(
    db,
    sql`WITH ${bounded(rows)}
      SELECT ${EVENTS} AS events, ${FOUND} AS found,
        json_build_object('runId', x.id, 'agentId', x.id, 'status', CASE WHEN x.status IN ${EXECUTION_OVER} THEN 'completed' ELSE 'queued' END,
          'epoch', 0, 'stepNo', 0, 'eventSeq', x.event_seq, 'finishedAt', x.finished_at) AS latest,
        x.event_seq AS "cursorEnd", ${standing(viewer)} AS stands, true AS closed
      FROM dag_executions x WHERE x.id = ${executionId}::text`,
  );
  return row ? toPage(row) : null;
}
