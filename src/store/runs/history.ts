import { sql } from 'drizzle-orm';
import type { AssistantBlock, StopReason } from '../../models/port.ts';
import type { OutputSchema } from '../../output-schema/output-schema.ts';
import type { Policies } from '../../tools/policy.ts';
import { SUBMIT_RESULT } from '../../tools/submit-result.ts';
import type { Planning } from '../dag-types.ts';
import type { Database } from '../database.ts';
import { isFresh } from '../github-tokens.ts';
import { reachedServers } from '../mcp-servers.ts';
import type { ReachedMcpServer } from '../mcp-types.ts';
import { writeOnce } from '../operation.ts';
import type { AgentKind, ModelChoice, PushTo, SharedMemory } from '../states.ts';
import { ancestry } from './ancestry.ts';
import { memoriesOf } from './memories.ts';
import { outputSizesOf } from './outputs.ts';
import type { ToolCallRow } from './step.ts';
import type { Taint } from './taint.ts';

export type InboxMessage = { seq: number; text: string };

type HistoryCall = Omit<ToolCallRow, 'result'>;

export interface HistoryStep {
  stepNo: number;
  /** For a compaction, whose content is its summary: the last step that the summary stands for. Null for a turn. */
  coversStepNo: number | null;
  content: AssistantBlock[];
  stopReason: StopReason;
  deliveredSeq: number;
  /** The message that answered the step's question: it is told as its result, and not once more. */
  answeredSeq: number | null;
  /** What the model is told behind it: why its run could not end with it. */
  note?: string | null;
  createdAt: string;
  /** Of its prompt and of what it wrote, as its provider counted them. */
  tokens: number;
  committed: boolean;
  calls: HistoryCall[];
}

export interface HistoryRun {
  runId: string;
  prompt: string;
  /** Those that a worker has taken. */
  messages: InboxMessage[];
  steps: HistoryStep[];
}

/** All that a worker needs to go on with a run, read in one statement after its claim and then kept in memory. */
export type RunContext = {
  userId: string;
  organisationId: string;
  agentId: string;
  /** What the run's end is held to. */
  kind: AgentKind;
  /** How often its model wanted to end with what was asked for missing. */
  refusedEnds: number;
  /** What the result that it has to hand in is held to; null for a run that hands in none. */
  outputSchema: OutputSchema | null;
  /** How many results it has handed in that did not fit. */
  invalidResults: number;
  /** The DAG that it is to plan, and nothing else. */
  planning: Planning | null;
  /** Where what it has written is pushed with its last word. */
  pushTo: PushTo | null;
  /** How many agents stand above it, and how many sub-agents it has had. */
  depth: number;
  children: number;
  /** The execution of the sub-agents of the step under way, which have ended; null while it has none. */
  childExecutionId: string | null;
  instructions: string | null;
  /** The model at hand: the run's own, or one that it fell back on. */
  provider: string;
  model: string;
  /** What is asked, in order, while the run's own is away. */
  fallbacks: ModelChoice[];
  tools: string[];
  policies: Policies;
  /** Remote servers with the tools that they offered when the run began. */
  mcpServers: ReachedMcpServer[];
  /** What the agent remembered when the run began, by key. */
  memories: Record<string, string>;
  /** What of its organisation's memories it was told then. */
  sharedMemories: Record<string, SharedMemory>;
  /** What it remembers by now. */
  remembered: Record<string, string>;
  /** How many bytes each output has that the run has saved, by name. */
  outputSizes: Record<string, number>;
  failures: number;
  /** The model was asked and the conversation was too long: it is to be summed up. */
  outgrown: boolean;
  workspaceId: string;
  repository: string | null;
  baseBranch: string | null;
  branch: string;
  baseSha: string | null;
  /** Whether only some may read the repository. */
  isPrivate: boolean;
  /** What the run has read by now, with what its workspace's earlier runs did. */
  taint: Taint;
  files: { path: string; content: string | null }[];
  sealedGithubToken: string | null;
  /** False when the token expires soon or has. */
  isGithubTokenFresh: boolean;
  /** The user's own keys, by provider. */
  sealedProviderKeys: Record<string, string>;
  /** Past this place in the inbox a message answers what the run asked its user; null while nothing is asked. */
  askedSeq: number | null;
  /** How far into the run's inbox this look reached, past messages that were withdrawn. */
  inboxSeq: number;
  /** The conversation of the workspace: what it was forked from and earlier runs first, this one last. */
  runs: HistoryRun[];
};

/**
 * Reads the context of a run for the worker that holds it, and takes the messages that nobody has heard: from here on they
 * stay as they are. Those of an earlier run that ended before it heard them are taken too. With a planned step the model is
 * not asked next, so none is taken yet, unless that step asks the user: what it waits for is among them.
 *
 * The taking waits for an edit or a withdrawal under way and gives each message as that left it; the other arms do not see
 * what it wrote. Those that were taken before are as they were and are not written again, so whoever repeats it after a lost answer,
 * or after a worker that took a message and died, is given the same messages; one that somebody else takes meanwhile is given, too.
 *
 * The conversation is read from the newest compaction on: not the steps that it covers, nor the messages they heard, nor
 * the runs before its own. So an answer stays within what the database can give, however long the agent has worked.
 *
 * @returns null when the run has another worker, or is gone (E2)
 */
export function readContext(
  db: Database,
  { runId, epoch }: { runId: string; epoch: number },
): Promise<RunContext | null> {
  const statement = sql`WITH RECURSIVE held AS (
      SELECT *, asked_seq IS NULL
        AND EXISTS (SELECT FROM steps s WHERE s.run_id = runs.id AND s.step_no = runs.step_no + 1
          AND s.committed_at IS NULL) AS planned
      FROM runs WHERE id = ${runId}::text AND epoch = ${epoch}::int AND status = 'running'
    ), waiting AS MATERIALIZED (
      SELECT m.id FROM held, runs h, messages m
      WHERE NOT held.planned AND h.workspace_id = held.workspace_id AND h.created_at <= held.created_at
        AND m.run_id = h.id AND m.seq > h.delivered_seq AND m.taken_at IS NULL AND m.withdrawn_at IS NULL
    ), taken AS (
      UPDATE messages m SET taken_at = COALESCE(m.taken_at, engine_now()) FROM waiting
      WHERE m.id = waiting.id AND m.withdrawn_at IS NULL
      RETURNING m.id, m.text
    ), ${ancestry}, compaction AS (
      SELECT h.id AS run_id, h.depth, h.created_at, s.covers_step_no, s.delivered_seq
      FROM told h JOIN steps s ON s.run_id = h.id AND s.step_no <= COALESCE(h.last_step, s.step_no)
      WHERE s.kind = 'compaction' AND s.committed_at IS NOT NULL
      ORDER BY h.depth, h.created_at DESC, h.id DESC, s.step_no DESC LIMIT 1
    )
    SELECT r.user_id AS "userId", r.organisation_id AS "organisationId", r.agent_id AS "agentId", r.planning, r.push_to AS "pushTo", r.depth, r.children, r.child_execution_id AS "childExecutionId", r.kind, r.refused_ends AS "refusedEnds", r.output_schema AS "outputSchema",
      CASE WHEN r.output_schema IS NULL THEN 0 ELSE (SELECT count(*)::int FROM tool_calls c
        WHERE c.run_id = r.id AND c.name = ${SUBMIT_RESULT}::text AND c.state = 'failed') END AS "invalidResults", r.instructions, r.provider, r.model, r.fallbacks, r.tools, r.policies, ${reachedServers(sql`r`)} AS "mcpServers",
      r.memories, r.shared_memories AS "sharedMemories", ${memoriesOf(sql`r.agent_id`)} AS remembered, ${outputSizesOf(sql`r.id`)} AS "outputSizes", r.failures, r.outgrown, r.asked_seq AS "askedSeq",
      r.workspace_id AS "workspaceId", w.repository, w.base_branch AS "baseBranch", w.branch, w.base_sha AS "baseSha",
      w.is_private AS "isPrivate", json_build_object('private', r.read_private, 'untrusted', r.read_untrusted) AS taint,
      CASE WHEN EXISTS (SELECT FROM members WHERE user_id = r.user_id AND organisation_id = r.organisation_id)
        THEN u.sealed_github_token END AS "sealedGithubToken",
      ${isFresh(sql`u`)} AS "isGithubTokenFresh",
      (SELECT COALESCE(json_object_agg(p.provider, p.sealed_key), '{}') FROM provider_keys p
        JOIN members m ON m.user_id = p.user_id AND m.organisation_id = r.organisation_id
        WHERE p.user_id = r.user_id) AS "sealedProviderKeys",
      (SELECT COALESCE(json_agg(json_build_object('path', f.path, 'content', f.content)), '[]')
        FROM workspace_files f WHERE f.workspace_id = w.id) AS files,
      (SELECT COALESCE(max(m.seq), 0) FROM messages m
        WHERE m.run_id = r.id AND (NOT r.planned OR m.taken_at IS NOT NULL)) AS "inboxSeq",
      (SELECT json_agg(json_build_object('runId', h.id, 'prompt', h.prompt,
          'messages', (SELECT COALESCE(json_agg(
              json_build_object('seq', m.seq, 'text', COALESCE(t.text, m.text)) ORDER BY m.seq), '[]')
            FROM messages m LEFT JOIN taken t ON t.id = m.id
            WHERE m.run_id = h.id AND m.seq <= COALESCE(h.last_seq, m.seq) AND m.seq > COALESCE(k.delivered_seq, 0)
              AND (t.id IS NOT NULL OR m.taken_at IS NOT NULL)),
          'steps', (SELECT COALESCE(json_agg(json_build_object('stepNo', s.step_no, 'coversStepNo', s.covers_step_no,
              'content', s.content, 'stopReason', s.stop_reason, 'deliveredSeq', s.delivered_seq,
              'answeredSeq', s.answered_seq, 'note', s.note, 'committed', s.committed_at IS NOT NULL,
              'tokens', s.input_tokens + s.output_tokens + s.cache_read_tokens + s.cache_write_tokens,
              'createdAt', to_char(s.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
              'calls', (SELECT COALESCE(json_agg(json_build_object('id', c.id, 'ordinal', c.ordinal,
                  'providerCallId', c.provider_call_id, 'name', c.name, 'state', c.state, 'marked', c.marked,
                  'argumentsSha256', c.arguments_sha256, 'askedBecause', c.asked_because, 'output', c.output)
                  ORDER BY c.ordinal), '[]')
                FROM tool_calls c WHERE c.run_id = s.run_id AND c.step_no = s.step_no)) ORDER BY s.step_no), '[]')
            FROM steps s WHERE s.run_id = h.id AND s.step_no <= COALESCE(h.last_step, s.step_no)
              AND s.step_no > COALESCE(k.covers_step_no, 0)))
          ORDER BY h.depth DESC, h.created_at, h.id)
        FROM told h LEFT JOIN compaction k ON k.run_id = h.id
        WHERE NOT EXISTS (SELECT FROM compaction c
          WHERE (-h.depth, h.created_at, h.id) < (-c.depth, c.created_at, c.run_id))) AS runs
      FROM held r JOIN workspaces w ON w.id = r.workspace_id JOIN users u ON u.id = r.user_id`;
  return writeOnce<RunContext>(db, statement, statement);
}
