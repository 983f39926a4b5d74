import type { z } from 'zod';
import type { Problem } from '../dag/check.ts';
import type { DagDefinition } from '../dag/definition.ts';
import type { RunEvent } from '../events/types.ts';
import type { GitHubClient } from '../github/client.ts';
import { GitHubError } from '../github/errors.ts';
import type { Fetch } from '../github/send.ts';
import type { Memory } from '../memory/memory.ts';
import type { Outputs } from '../outputs/outputs.ts';
import type { ChildOutcome } from '../store/dag/parent.ts';
import type { StoredMemory } from '../store/memories.ts';
import type { Question } from '../store/states.ts';
import { type Workspace, WorkspaceError } from '../workspace/workspace.ts';
import type { Policy } from './policy.ts';

/**
 * What repeating a call does to the world. `pure`: nothing, it reads, or works in memory (on the overlay, on what the agent
 * remembers) and its writes ride in the step's commit. `keyed`: the receiver takes an idempotency key. `set`: a repeat is a
 * no-op. `cas`: compare-and-set at the receiver. `marked`: the receiver has no uniqueness, so intent is written down first and
 * an unknown outcome is reviewed.
 */
export const EFFECTS = ['pure', 'keyed', 'set', 'cas', 'marked'] as const;
export type Effect = (typeof EFFECTS)[number];

/** A class that depends on what is asked for. */
interface VaryingEffect<Input> {
  /** The one that needs most care; for people who look at the tool. */
  atWorst: Effect;
  of(input: Input): Effect;
}

/** What a tool lets in and out, for the rule that a run with private and untrusted data asks before anything leaves. */
interface Trust<Input> {
  /** Its results tell what only some may read; `repository`: what is in that, if it is private. */
  readsPrivate: boolean | 'repository';
  /** Its results have words that anybody may have written. */
  readsUntrusted: boolean;
  /**
   * A call takes data to where others than the readers of the agent's repository may get it. What stays in that repository does not
   * leave, unless what is shown there leads elsewhere.
   */
  egress: boolean | { of(input: Input): boolean };
}

export interface ToolContext {
  /** Our id of this call, stable over every repetition; goes into trailers and idempotency keys. */
  toolCallId: string;
  runId: string;
  workspace: Workspace;
  /** What the agent remembers; like the overlay, its changes ride in the step's commit. */
  memory: Memory;
  /** What the run hands over; its changes ride in the step's commit, too. */
  outputs: Outputs;
  /** Looks through what the agent and its organisation remember, as the last commits left it; best first. */
  recall(words: string, limit: number): Promise<StoredMemory[]>;
  /** Acts as the user; null when the agent has no repository. */
  github: GitHubClient | null;
  /** For requests to anybody else. */
  fetch: Fetch;
  /** Opens what goes along with requests to a remote MCP server; null when it cannot be opened any more. */
  openHeaders(mcpServerId: string, sealed: string): Promise<Record<string, string> | null>;
  /** What came of the sub-agent that the call was given to; null when none was begun for it. */
  child: ChildOutcome | null;
  /** The names of all tools that the run has. */
  toolNames: readonly string[];
  /** Looks at a DAG as at one that was written by hand: what keeps it from being executed. */
  checkDag(dag: DagDefinition): Promise<readonly Problem[]>;
  /** When the step was planned: RFC 3339, the same in every repetition, so that repeated commits get the same sha. */
  plannedAt: string;
  signal: AbortSignal;
}

/** What a call came to. `output` goes to the model, cut to the stated size; `result` is for programs; both are stored. */
export interface ToolResult {
  output: string;
  isError?: boolean;
  result?: Record<string, unknown>;
  events?: RunEvent[];
}

export interface Tool<Input = unknown> {
  name: string;
  description: string;
  effect: Effect | VaryingEffect<Input>;
  trust: Trust<Input>;
  input: z.ZodType<Input>;
  /** What models are told of its input, where that is not written from `input`: a JSON Schema. */
  inputSchema?: Readonly<Record<string, unknown>>;
  /** Whether it has nothing to act on without a repository. */
  needsRepository?: true;
  /** Whether only the engine asks for it: models are not told of it, and their calls of it are none. */
  byEngine?: true;
  /** Whether only an agent that names it gets it. */
  onlyByName?: true;
  /** What holds where the agent's policies do not speak of it; `always` without one. */
  defaultPolicy?: Policy;
  /** Whether this call asks where the agent's policies do not speak of its tool, whatever the default. */
  asksByDefault?(input: Input): boolean;
  /** The path or thing the call is about, for people who watch ("src/server.ts"). */
  subject?(input: Input): string | undefined;
  /** What the call asks the user. It is put to them when it stands alone in its turn, and their answer is its result; else it runs. */
  question?(input: Input): Question;
  /** Whether this call asks the user first, whatever the agent's policy says. */
  alwaysAsks?(input: Input): boolean;
  /**
   * Carries out the call. An error the model can act on is a result with `isError`; what throws was not foreseen or is
   * an outage (a retryable `GitHubError`), and the step is repeated, or a lost sign-in (`unauthorized`), and the run ends. An error result may have changed the workspace too.
   */
  run(context: ToolContext, input: Input): Promise<ToolResult>;
  /**
   * For `marked` calls: looks for what this very call made, by its mark at the receiver. Null means that it is not there; a
   * tool without it has nowhere to look.
   */
  lookUp?(context: ToolContext, input: Input): Promise<ToolResult | null>;
}

/**
 * Declares a tool with its input inferred from its schema. A tool without an effect class does not compile. What the
 * workspace or GitHub refuse for good becomes an error the model reads; outages and a lost sign-in are thrown on.
 */
export const defineTool = <Input>(tool: Tool<Input>): Tool<Input> => ({
  ...tool,
  async run(context, input) {
    try {
      return await tool.run(context, input);
    } catch (error) {
      const message = refusalOf(error);
      if (message === undefined) throw error;
      return failure(message);
    }
  },
});

/** The class of a call. */
export const effectOf = <Input>({ effect }: Pick<Tool<Input>, 'effect'>, input: Input): Effect =>
  typeof effect === 'string' ? effect : effect.of(input);

/** Whether a call takes something away. */
export const isEgress = <Input>({ trust: { egress } }: Pick<Tool<Input>, 'trust'>, input: Input): boolean =>
  typeof egress === 'boolean' ? egress : egress.of(input);

/** Nobody can tell from here whether a call took effect. The message says why, as a sentence for people. */
export class OutcomeUnknown extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OutcomeUnknown';
  }
}

/** A result that tells the model what went wrong and what it can do. */
export const failure = (message: string): ToolResult => ({ output: message, isError: true });

function refusalOf(error: unknown): string | undefined {
  if (error instanceof WorkspaceError) return error.message;
  if (!(error instanceof GitHubError) || error.retryable) return undefined;
  // Nothing the model does gives it access again: the run ends.
  return error.code === 'unauthorized' ? undefined : error.message;
}
