import { sql } from 'drizzle-orm';
import type { AssistantBlock, StopReason } from '../models/port.ts';
import { boundedPage, FOUND, type Listed, rfc3339, toListed } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { type Usage, usageJson, usd } from './run-reads.ts';
import type { StepKind, ToolCallState } from './states.ts';

export interface RecordedCall {
  id: string;
  providerCallId: string;
  name: string;
  state: ToolCallState;
  output: string | null;
  result: Record<string, unknown> | null;
}

/** A model turn with what it asked for. The arguments of the calls are in `content`, under `providerCallId`. */
export interface RecordedStep {
  stepNo: number;
  kind: StepKind;
  /** For a compaction: the last step that its summary, which is its text, stands for. */
  coversStepNo: number | null;
  content: AssistantBlock[];
  calls: RecordedCall[];
  stopReason: StopReason;
  /** Which model took it; null for steps from before that was kept. */
  provider: string | null;
  model: string | null;
  usage: Usage;
  costUsd: number;
  modelMs: number;
  createdAt: string;
  /** Null while its effects are under way. */
  committedAt: string | null;
}

/** A run's steps behind one, in order. */
export async function listSteps(
  db: Database,
  { runId, after, limit }: { runId: string; after: number; limit: number },
): Promise<Listed<RecordedStep, number>> {
  // Made in the page, because their size counts.
  const calls = sql`(SELECT COALESCE(json_agg(json_build_object('id', c.id, 'providerCallId', c.provider_call_id,
      'name', c.name, 'state', c.state, 'output', c.output, 'result', c.result) ORDER BY c.ordinal), '[]')
    FROM tool_calls c WHERE c.run_id = s.run_id AND c.step_no = s.step_no)`;
  const rows = sql`SELECT s.*, ${calls} AS calls FROM steps s
    WHERE s.run_id = ${runId}::text AND s.step_no > ${after}::int ORDER BY s.step_no LIMIT ${limit + 1}::int`;
  const bytes = sql`octet_length(content::text) + octet_length(calls::text)`;
  const kept = sql`kept`;
  return toListed(
    await query<{ item: RecordedStep; position: number; found: number }>(
      db,
      sql`WITH ${boundedPage({ rows, order: sql`step_no`, bytes, limit })}
        SELECT json_build_object('stepNo', step_no, 'kind', kind, 'coversStepNo', covers_step_no, 'content', content,
          'calls', calls, 'stopReason', stop_reason, 'provider', provider, 'model', model,
          'usage', ${usageJson(kept)}, 'costUsd', ${usd(sql`kept.cost_micro_usd`)}, 'modelMs', model_ms,
          'createdAt', ${rfc3339(sql`created_at`)}, 'committedAt', ${rfc3339(sql`committed_at`)}) AS item,
          step_no AS position, ${FOUND} AS found
        FROM kept ORDER BY n`,
    ),
  );
}
