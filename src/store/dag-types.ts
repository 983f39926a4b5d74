import type { Policies } from '../tools/policy.ts';
import type { Taint } from './runs/taint.ts';
import type { ModelChoice } from './states.ts';

/** States of an execution of a DAG. Of the last three only `failed` can be left, by resuming (E8). */
export type ExecutionStatus =
  | 'queued'
  | 'running'
  | 'waiting'
  | 'suspended'
  | 'completed'
  | 'failed'
  | 'cancelled';

/** `queued`: all it depends on is over, and it waits for a slot. */
export type DagNodeStatus =
  | 'pending'
  | 'queued'
  | 'running'
  | 'waiting'
  | 'completed'
  | 'failed'
  | 'skipped'
  | 'cancelled';

/** Why a node did not complete: the code of its run's error, or one of ours, and a sentence. */
export type DagNodeError = { code: string; message: string };

/** What a run is to plan: a DAG that is kept under `dagId` when it has, with this goal, agent and these parameters. */
export interface Planning {
  dagId: string;
  goal: string;
  agentId: string | null;
  params: Record<string, unknown>;
}

/** What an agent of a node gets. */
export interface DagTemplate {
  /** Whose memories it begins with; null without an agent. */
  agentId: string | null;
  instructions: string | null;
  provider: string;
  model: string;
  fallbacks: ModelChoice[];
  tools: string[];
  policies: Policies;
  /** Ids of the MCP servers it may use. */
  mcpServers: string[];
  maxSteps: number;
  maxCostMicroUsd: number | null;
  maxDurationSeconds: number | null;
  repository: string | null;
  baseBranch: string | null;
  baseSha: string | null;
  child?: ChildTemplate;
}

/** What a sub-agent has beside what other nodes have. */
interface ChildTemplate {
  /** How many agents stand above it. */
  depth: number;
  parentRunId: string;
  name: string;
  isPrivate: boolean;
  /** What whoever wrote its task had read. */
  taint: Taint;
}

/** By the id of the agent that it is taken from; `''` for nodes without one. */
export type DagTemplates = Record<string, DagTemplate>;
