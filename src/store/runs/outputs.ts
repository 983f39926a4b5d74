import { type SQL, sql } from 'drizzle-orm';
import type { NewOutput } from '../../outputs/outputs.ts';
import { toJson } from '../json.ts';
import { NOW } from './clock.ts';

/** The arm that stores what a step saved; it rides in its commit, so a repeated step does it once. */
export const storeOutputs = (outputs: readonly NewOutput[]): SQL[] =>
  outputs.length === 0
    ? []
    : [
        sql`saved AS (
          INSERT INTO outputs (run_id, name, kind, media_type, content, bytes, sha256, step_no, created_at)
          SELECT moved.id, o.name, o.kind, o."mediaType", o.content, octet_length(o.content),
            encode(sha256(convert_to(o.content, 'UTF8')), 'hex'), moved.step_no, ${NOW}
          FROM moved, jsonb_to_recordset(${toJson(outputs)}::jsonb) AS o (name text, kind text, "mediaType" text, content text)
          ON CONFLICT (run_id, name) DO UPDATE SET kind = EXCLUDED.kind, media_type = EXCLUDED.media_type,
            content = EXCLUDED.content, bytes = EXCLUDED.bytes, sha256 = EXCLUDED.sha256, step_no = EXCLUDED.step_no,
            created_at = EXCLUDED.created_at)`,
      ];

/** How many bytes each output of a run has, by name. */
export const outputSizesOf = (runId: SQL) =>
  sql`COALESCE((SELECT jsonb_object_agg(o.name, o.bytes) FROM outputs o WHERE o.run_id = ${runId}), '{}')`;
