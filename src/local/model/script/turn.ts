/** What the scripted model says next. */
export interface ScriptedTurn {
  text?: string;
  thinking?: string;
  calls?: ScriptedCall[];
  /** How the turn ends when not by itself. */
  stopReason?: 'max_tokens' | 'refusal' | 'pause_turn' | 'model_context_window_exceeded';
  /** Pause before each piece of a stream, instead of the server's. */
  chunkDelayMs?: number;
}

export interface ScriptedCall {
  name: string;
  input: Record<string, unknown>;
}
