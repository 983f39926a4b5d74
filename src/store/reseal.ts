import { type SQL, sql } from 'drizzle-orm';
import { type Database, query } from './database.ts';

/** Where sealed texts are: a column of a table, or of lists of objects that have one as `sealed`. */
export interface SealedColumn {
  table: string;
  column: string;
  isList?: boolean;
  /** The columns of the table's key. */
  ids: readonly string[];
}

/** One sealed text, and the key of its row. */
export interface SealedText {
  ids: string[];
  sealed: string;
}

const BATCH = 200;
const name = (text: string) => sql.identifier(text);
const textOf = ({ column, isList }: SealedColumn): SQL =>
  isList ? sql`e.value ->> 'sealed'` : sql`t.${name(column)}`;
const rowsOf = ({ table, column, isList }: SealedColumn): SQL =>
  isList ? sql`${name(table)} t CROSS JOIN jsonb_array_elements(t.${name(column)}) e` : sql`${name(table)} t`;

/** The next texts of a column, after the given one, that do not begin like those of a key (`v1.<key id>.`). Empty at the end. */
export async function readSealed(
  db: Database,
  at: SealedColumn,
  { except, after }: { except: string; after: SealedText | undefined },
): Promise<SealedText[]> {
  const keys = at.ids.map((id) => sql`t.${name(id)}`);
  const order = sql.join([...keys, textOf(at)], sql`, `);
  const from = [...(after?.ids ?? []), after?.sealed ?? ''].map((text) => sql`${text}::text`);
  const isNext = after === undefined ? sql`` : sql`AND (${order}) > (${sql.join(from, sql`, `)})`;
  return query<{ ids: string[]; sealed: string }>(
    db,
    sql`SELECT json_build_array(${sql.join(keys, sql`, `)}) AS ids, ${textOf(at)} AS sealed FROM ${rowsOf(at)}
      WHERE left(${textOf(at)}, ${except.length}::int) <> ${except}::text ${isNext} ORDER BY ${order} LIMIT ${BATCH}::int`,
  );
}

/** Puts a text in the place of one that is still there. One row a statement: nobody waits for two locks. @returns false when it is not */
export async function replaceSealed(
  db: Database,
  at: SealedColumn,
  { ids, sealed }: SealedText,
  next: string,
): Promise<boolean> {
  const column = name(at.column);
  const isRow = at.ids.map((id, n) => sql`t.${name(id)} = ${ids[n] ?? ''}::text`);
  const write = at.isList
    ? sql`${column} = (SELECT jsonb_agg(CASE WHEN value ->> 'sealed' = ${sealed}::text
          THEN jsonb_set(value, '{sealed}', to_jsonb(${next}::text)) ELSE value END ORDER BY n)
        FROM jsonb_array_elements(t.${column}) WITH ORDINALITY AS e (value, n))`
    : sql`${column} = ${next}::text`;
  const isThere = at.isList
    ? sql`t.${column} @> jsonb_build_array(jsonb_build_object('sealed', ${sealed}::text))`
    : sql`t.${column} = ${sealed}::text`;
  const [row] = await query<{ done: boolean }>(
    db,
    sql`UPDATE ${name(at.table)} t SET ${write} WHERE ${sql.join(isRow, sql` AND `)} AND ${isThere} RETURNING true AS done`,
  );
  return row !== undefined;
}
