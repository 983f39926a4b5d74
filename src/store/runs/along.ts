import { type SQL, sql } from 'drizzle-orm';

/** What else a statement does, or it does nothing: other rows that decide, and what is put down with what it does. */
export interface Along {
  /** Arms that come first, such as sql`thread AS (SELECT … FOR UPDATE)`. */
  before: SQL[];
  /** What must hold of them. */
  guard: SQL;
  /** Arms that read from the statement's own, which has a row when it does something. */
  arms(done: SQL): SQL[];
}

/** Nothing else. */
export const ALONE: Along = { before: [], guard: sql`true`, arms: () => [] };

/** Further arms behind others. */
export const armsOf = (arms: SQL[]): SQL => sql.join(arms.map((arm) => sql`, ${arm}`));
