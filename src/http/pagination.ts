import { z } from '@hono/zod-openapi';
import { base64url } from 'jose';
import { AppError } from '../domain/errors.ts';

/** Where a list goes on: after the row with this time (RFC 3339, to the microsecond) and id. */
export interface Cursor {
  createdAt: string;
  id: string;
}

const LIMIT = z.coerce
  .number()
  .int()
  .min(1)
  .max(100)
  .default(20)
  .openapi({ description: 'How many items at most, 1 to 100' });

/** The query of every list. `cursor` is checked by `readCursor`, since only the list knows what is in it. */
export const listQuery = z.object({
  limit: LIMIT,
  cursor: z.string().max(500).optional().openapi({ description: '`nextCursor` of the page before' }),
});

/** The answer of every list. `nextCursor` is null on the last page. */
export const listOf = <Schema extends z.ZodType>(item: Schema) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });

/** Writes a cursor. It is opaque to callers: base64url of JSON. */
export function writeCursor(position: readonly unknown[]): string {
  return base64url.encode(JSON.stringify(position));
}

/**
 * Reads what `writeCursor` wrote.
 *
 * @throws {AppError} validationFailed naming `query.cursor` for anything else
 */
export function readCursor<Position>(cursor: string, position: z.ZodType<Position>): Position {
  const parsed = position.safeParse(decoded(cursor));
  if (parsed.success) return parsed.data;
  throw new AppError('validationFailed', 'Not valid: query.cursor.', {
    errors: [{ field: 'query.cursor', message: 'Use nextCursor of the page before, unchanged.' }],
  });
}

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(base64url.decode(cursor)));
  } catch {
    return undefined;
  }
}

/** Stricter than a time and a text: a year that PostgreSQL does not know, or a NUL in an id, would fail there. */
const ROW = z.tuple([
  z.iso.datetime({ precision: 6 }).regex(/^[2-9]/),
  z.string().regex(/^[a-z]{1,63}_[0-7][0-9a-hjkmnp-tv-z]{25}$/),
]);

/** The position in a list ordered by creation, newest first; undefined for the first page. */
function rowCursor(cursor: string | undefined): Cursor | undefined {
  if (cursor === undefined) return undefined;
  const [createdAt, id] = readCursor(cursor, ROW);
  return { createdAt, id };
}

/**
 * What a verb is asked for that lists rows, newest first: how many, after which one, and what else the query says.
 *
 * @throws {AppError} validationFailed naming `query.cursor` for one that no page gave
 */
export const rowsAsked = <Query extends { limit: number; cursor?: string | undefined }>({
  cursor,
  ...query
}: Query) => ({ ...query, after: rowCursor(cursor) });

/** The page of such a list; its cursor is null when nothing follows. */
export const rowsFound = <Row>({ items, next }: { items: Row[]; next: Cursor | null }) => ({
  data: items,
  nextCursor: next && writeCursor([next.createdAt, next.id]),
});
