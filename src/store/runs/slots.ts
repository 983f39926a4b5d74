import { type SQL, sql } from 'drizzle-orm';
import { NOW } from './clock.ts';

/**
 * How many runs of an organisation may be at work at once. A run takes a slot when it is claimed and keeps it over hand-overs, until it waits,
 * is paused or ends; one that finds none is held back: it stays `queued`, in the line of its organisation. Counter and line are
 * columns of a row that each organisation has (`organisation_runs`), which is locked last, after the run's and the day's: it decides who begins (E1), and who leaves sees
 * who is first. Only moves that take or give back a slot, or change the line, touch it.
 */

/** How soon a run that is held back is looked after, in case whoever made room for it died before saying so. */
export const HELD_LOOK_MS = 120_000;

/** What a move needs to know of the run as it was. */
export const SLOT_COLUMNS = sql`organisation_id AS held_org, holds_slot AS had_slot, held_back AS was_held, dispatch_no AS had_dispatch`;

/** How many it may have: as many as it wants, and no more than all may. */
const allowed = (most: number) => sql`LEAST(o.concurrent_runs, ${most}::int)`;

/**
 * The arms that find out whether a run that wants to begin has room: if a slot is free that none before it in the line waits for. The
 * row of the day is locked first, since whoever gives back a slot and money locks it before the organisation, too.
 *
 * @param most at once, where the organisation does not want fewer
 */
export const roomArms = (most: number): SQL[] => [
  sql`same_day AS MATERIALIZED (
    SELECT d.day FROM held JOIN daily_costs d ON d.user_id = held_user AND d.day = (${NOW} AT TIME ZONE 'UTC')::date
    WHERE wanted = 'running' AND NOT had_slot FOR NO KEY UPDATE OF d)`,
  sql`room AS MATERIALIZED (
    SELECT ${allowed(most)} - o.running AS free, o.held AS line
    FROM held JOIN organisation_runs o ON o.organisation_id = held_org
    WHERE wanted = 'running' AND NOT had_slot AND (SELECT count(*) FROM same_day) >= 0 FOR NO KEY UPDATE OF o)`,
];

/** Whether the run that wants to begin has to stand in the line. */
export const CROWDED = sql`COALESCE((SELECT free < COALESCE(
    (SELECT n FROM jsonb_array_elements(line) WITH ORDINALITY AS l (e, n) WHERE e ->> 'runId' = held_id),
    jsonb_array_length(line) + 1) FROM room), false)`;

/** What the move assigns to the run. */
export const slotColumns = (next: SQL, crowds: boolean): SQL[] => [
  sql`holds_slot = CASE ${next} WHEN 'running' THEN true WHEN 'queued' THEN holds_slot ELSE false END`,
  sql`held_back = ${next} = 'queued' AND ${crowds ? sql`crowded` : sql`held_back`}`,
];

const ENTRY = sql`jsonb_build_object('runId', moved.id, 'dispatchNo', moved.dispatch_no, 'traceId', moved.trace_id)`;

const LINE = sql`FROM jsonb_array_elements(o.held) WITH ORDINALITY AS l (e, n)`;
const isAnother = sql`e ->> 'runId' <> moved.id`;

/** The line without the run, and the same or with it, in its place or behind all others. */
const WITHOUT = sql`CASE WHEN was_held AND NOT moved.held_back
      THEN COALESCE((SELECT jsonb_agg(e ORDER BY n) ${LINE} WHERE ${isAnother}), '[]') ELSE o.held END`;
const WITH = sql`COALESCE((SELECT jsonb_agg(CASE WHEN ${isAnother} THEN e ELSE ${ENTRY} END ORDER BY n)
        ${LINE} WHERE moved.held_back OR ${isAnother}), '[]')
      || CASE WHEN moved.held_back AND NOT was_held THEN jsonb_build_array(${ENTRY}) ELSE '[]' END`;

/** Who of its line has room, as its row has become: the first so many. */
const first = (many: SQL) => sql`(SELECT json_agg(e ORDER BY n) ${LINE} WHERE n <= ${many})`;
export const withRoom = (most: number): SQL => first(sql`${allowed(most)} - o.running`);

/**
 * The arm that writes the organisation's row, and tells who of its line may begin: after a claim all for whom there is room, else
 * the first for the slot that was given back. Its claim finds the others.
 *
 * @param most as above, of a claim
 */
export const slotArm = (most: number | null): SQL => sql`slots AS (
  UPDATE organisation_runs o SET running = o.running + moved.holds_slot::int - had_slot::int,
    held = ${most === null ? WITHOUT : WITH}
  FROM verdict, moved
  WHERE o.organisation_id = moved.organisation_id AND (moved.holds_slot <> had_slot OR moved.held_back <> was_held
    ${most === null ? sql`` : sql`OR (moved.held_back AND moved.dispatch_no <> had_dispatch)`})
  RETURNING ${most === null ? first(sql`had_slot::int - moved.holds_slot::int`) : withRoom(most)} AS admitted)`;

/** Read along: what `slotArm` tells. */
export const ADMITTED = sql`COALESCE((SELECT admitted FROM slots), '[]'::json) AS admitted`;

/** The same where a lost answer is read back: too many are told to begin, whose claims say no. */
export const ADMITTED_SINCE = sql`COALESCE((SELECT json_build_array(o.held -> 0) FROM organisation_runs o
  WHERE o.organisation_id = runs.organisation_id AND jsonb_array_length(o.held) > 0), '[]'::json) AS admitted`;

/** The place of the run under an alias in the line, from 1; null when it is not in it. */
export const queuePosition = (r: SQL) => sql`CASE WHEN ${r}.held_back THEN
  (SELECT n FROM organisation_runs o, jsonb_array_elements(o.held) WITH ORDINALITY AS l (e, n)
    WHERE o.organisation_id = ${r}.organisation_id AND e ->> 'runId' = ${r}.id) END`;
