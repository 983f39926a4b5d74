import { sql } from 'drizzle-orm';
import type { AssistantBlock, StopReason } from '../../models/port.ts';
import type { Policies } from '../../tools/policy.ts';
import { type Database, query } from '../database.ts';
import type { ToolCallRow } from './step.ts';

export type InboxMessage = { seq: number; text: string };

type HistoryCall = Omit<ToolCallRow, 'result'>;

export interface HistoryStep {
  stepNo: number;
  content: AssistantBlock[];
  stopReason: StopReason;
  deliveredSeq: number;
  createdAt: string;
  committed: boolean;
  calls: HistoryCall[];
}

export interface HistoryRun {
  runId: string;
  prompt: string;
  messages: InboxMessage[];
  steps: HistoryStep[];
}

/** All that a worker needs to go on with a run, read in one statement after its claim and then kept in memory. */
export type RunContext = {
  userId: string;
  agentId: string;
  instructions: string | null;
  provider: string;
  model: string;
  tools: string[];
  policies: Policies;
  failures: number;
  workspaceId: string;
  repository: string | null;
  baseBranch: string | null;
  branch: string;
  baseSha: string | null;
  files: { path: string; content: string | null }[];
  sealedGithubToken: string | null;
  /** The conversation of the workspace: earlier runs first, this one last. */
  runs: HistoryRun[];
};

/** Reads the context of a run. Null when the run is gone. */
export async function readContext(db: Database, runId: string): Promise<RunContext | null> {
  const [context] = await query<RunContext>(
    db,
    sql`SELECT r.user_id AS "userId", r.agent_id AS "agentId", r.instructions, r.provider, r.model, r.tools, r.policies, r.failures,
      r.workspace_id AS "workspaceId", w.repository, w.base_branch AS "baseBranch", w.branch, w.base_sha AS "baseSha",
      u.sealed_github_token AS "sealedGithubToken",
      (SELECT COALESCE(json_agg(json_build_object('path', f.path, 'content', f.content)), '[]')
        FROM workspace_files f WHERE f.workspace_id = w.id) AS files,
      (SELECT json_agg(json_build_object('runId', h.id, 'prompt', h.prompt,
          'messages', (SELECT COALESCE(json_agg(json_build_object('seq', m.seq, 'text', m.text) ORDER BY m.seq), '[]')
            FROM messages m WHERE m.run_id = h.id),
          'steps', (SELECT COALESCE(json_agg(json_build_object('stepNo', s.step_no, 'content', s.content,
              'stopReason', s.stop_reason, 'deliveredSeq', s.delivered_seq, 'committed', s.committed_at IS NOT NULL,
              'createdAt', to_char(s.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
              'calls', (SELECT COALESCE(json_agg(json_build_object('id', c.id, 'ordinal', c.ordinal,
                  'providerCallId', c.provider_call_id, 'name', c.name, 'state', c.state,
                  'argumentsSha256', c.arguments_sha256, 'output', c.output)
                  ORDER BY c.ordinal), '[]')
                FROM tool_calls c WHERE c.run_id = s.run_id AND c.step_no = s.step_no)) ORDER BY s.step_no), '[]')
            FROM steps s WHERE s.run_id = h.id)) ORDER BY h.created_at, h.id)
        FROM runs h WHERE h.workspace_id = r.workspace_id AND h.created_at <= r.created_at) AS runs
      FROM runs r JOIN workspaces w ON w.id = r.workspace_id JOIN users u ON u.id = r.user_id
      WHERE r.id = ${runId}::text`,
  );
  return context ?? null;
}
