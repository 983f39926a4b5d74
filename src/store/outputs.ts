import { sql } from 'drizzle-orm';
import type { OutputKind } from '../outputs/outputs.ts';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';

/** An output of a run and the step that saved it. `sha256` is of its UTF-8, in hexadecimal; the time is RFC 3339. */
export type Output = {
  name: string;
  kind: OutputKind;
  mediaType: string;
  bytes: number;
  sha256: string;
  stepNo: number;
  createdAt: string;
};

/** All outputs of a run, by name. */
export const listOutputs = (db: Database, runId: string): Promise<Output[]> =>
  query<Output>(
    db,
    sql`SELECT name, kind, media_type AS "mediaType", bytes, sha256, step_no AS "stepNo",
        ${rfc3339(sql`o.created_at`)} AS "createdAt"
      FROM outputs o WHERE run_id = ${runId}::text ORDER BY name COLLATE "C"`,
  );

/** What is in them: of all, or of the one with a name. */
export const readOutputs = (
  db: Database,
  { runId, name = null }: { runId: string; name?: string | null },
): Promise<{ name: string; content: string }[]> =>
  query<{ name: string; content: string }>(
    db,
    sql`SELECT name, content FROM outputs WHERE run_id = ${runId}::text AND name = COALESCE(${name}::text, name)
      ORDER BY name COLLATE "C"`,
  );
