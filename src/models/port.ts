/** Why a model stopped, in Cadence's words. */
export type StopReason = 'endTurn' | 'toolCalls' | 'maxTokens' | 'refusal' | 'pauseTurn' | 'contextFull';

/**
 * One block of a model's turn, in no provider's dialect. `reasoning` is kept word for word because providers
 * sign it and refuse a conversation in which it was altered or left out. `unreadable`: what the model wrote as the input
 * of its call is no JSON object, and `input` is empty; the call is not carried out and the model is told.
 */
export type AssistantBlock =
  | { type: 'text'; text: string }
  | {
      type: 'toolCall';
      id: string;
      name: string;
      input: Record<string, unknown>;
      unreadable?: true;
    }
  | { type: 'reasoning'; provider: string; data: unknown };

export type UserBlock =
  | { type: 'text'; text: string }
  | { type: 'toolResult'; id: string; output: string; isError: boolean };

export type ModelMessage =
  | { role: 'user'; content: UserBlock[] }
  | { role: 'assistant'; content: AssistantBlock[] };

/** A tool as a model sees it. `inputSchema` is a JSON Schema of type object. */
export interface ModelTool {
  name: string;
  description: string;
  inputSchema: Record<string, unknown>;
}

export interface ModelRequest {
  model: string;
  system: string;
  messages: ModelMessage[];
  tools: ModelTool[];
  /** The most the model may write, thinking included. */
  maxOutputTokens: number;
  signal: AbortSignal;
  /** Told when the provider has taken the request and begins to answer: from then on the prompt is paid for. */
  onBegun?: () => void;
}

/** Tokens of one call. `inputTokens` excludes what was read from or written to the provider's cache. */
export interface ModelUsage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

/** Calls of a turn that stopped with `maxTokens` may be missing their last one, whose input was cut off. */
export interface ModelTurn {
  content: AssistantBlock[];
  stopReason: StopReason;
  usage: ModelUsage;
  /** What the call cost where the provider says so, in millionths of a US dollar. */
  reportedMicroUsd?: number;
}

/** What a stream yields: pieces of text as they come, and the turn at its end. */
export type ModelEvent = { type: 'textDelta'; text: string } | { type: 'turn'; turn: ModelTurn };

/**
 * One turn of a language model. The turn is the last event. A reader that stops early closes the connection.
 *
 * @throws {ModelError} when the provider refuses or fails, or its stream ends without a final event (E11)
 * @throws the reason of `request.signal`, once that aborts
 */
export type ModelProvider = (request: ModelRequest) => AsyncIterable<ModelEvent>;

/**
 * A model call that gave no turn. `retryable` failures (overload, rate limit, timeout, broken stream) are tried again
 * by the engine; the others would fail the same way every time.
 */
export class ModelError extends Error {
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** The prompt is longer than the model can read: a shorter one may do. */
  readonly contextFull: boolean;
  /** There was no model to ask: a call that was to be made has failed, for the reason in the message. */
  readonly callFailed: boolean;

  constructor(
    message: string,
    options: {
      retryable: boolean;
      retryAfterMs?: number;
      contextFull?: boolean;
      callFailed?: boolean;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.name = 'ModelError';
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.contextFull = options.contextFull ?? false;
    this.callFailed = options.callFailed ?? false;
  }
}
