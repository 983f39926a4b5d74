import { type SQL, sql } from 'drizzle-orm';

/** A page stops here even if it has fewer items than asked for; Neon refuses answers above 10 MB. */
const PAGE_BYTES = 4_000_000;

/** A place in a list ordered by creation. The time is RFC 3339 to the microsecond, as the database keeps it. */
export interface RowPosition {
  createdAt: string;
  id: string;
}

/** A page of a list and where the next one begins; null on the last page. */
export interface Listed<Item, Position = RowPosition> {
  items: Item[];
  next: Position | null;
}

/**
 * The arms `page` and `kept` of a statement that reads a page: `kept` has the first rows of `page` up to both limits, at
 * least one, numbered by `n`.
 *
 * @param input.rows selects the rows in order, one more than `limit`
 * @param input.order of the rows, over their own columns
 * @param input.bytes what a row weighs, over its own columns
 */
export const boundedPage = (input: { rows: SQL; order: SQL; bytes: SQL; limit: number }) => sql`
  page AS (${input.rows}), sized AS (
    SELECT *, row_number() OVER place AS n, sum(${input.bytes}) OVER place AS bytes
    FROM page WINDOW place AS (ORDER BY ${input.order})
  ), kept AS (SELECT * FROM sized WHERE n <= ${input.limit}::int AND (n = 1 OR bytes <= ${PAGE_BYTES}::int))`;

/** How many rows `page` found, to be selected beside those that were kept. */
export const FOUND = sql`(SELECT count(*) FROM page)::int`;

/** Makes the page: `found` is the same in every row. */
export function toListed<Item, Position>(
  rows: readonly { item: Item; position: Position; found: number }[],
): Listed<Item, Position> {
  const last = rows.at(-1);
  return {
    items: rows.map(({ item }) => item),
    next: last && last.found > rows.length ? last.position : null,
  };
}

/** A time as the API writes it: RFC 3339 in UTC, to the millisecond. */
export const rfc3339 = (time: SQL) =>
  sql`to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The position of the row under an alias. */
export const positionOf = (row: SQL) => sql`json_build_object('id', ${row}.id, 'createdAt',
  to_char(${row}.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))`;

/** Whether the row under an alias comes after a position, newest first. */
export const after = (row: SQL, position: RowPosition | undefined) =>
  position
    ? sql`(${row}.created_at, ${row}.id) < (${position.createdAt}::timestamptz, ${position.id}::text)`
    : sql`true`;
