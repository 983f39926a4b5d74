import { z } from 'zod';
import { type Conversation, scriptIn, type Task } from './conversation.ts';
import type { ScriptedTurn } from './turn.ts';

/**
 * A script is a JSON list of turns in a fenced block of the language `script`:
 *
 *     ```script
 *     [{ "text": "I look.", "calls": [{ "name": "list_files", "input": {} }], "repeat": 3 }, { "text": "That is it." }]
 *     ```
 *
 * `repeat` plays a turn several times, and `{n}` in what its calls are given is the number of the time, from 1. `thinking`
 * is heard only where the request and the model let it think, and `chunkDelayMs` slows the stream of that turn down.
 */
const script = z.array(
  z.strictObject({
    text: z.string().optional(),
    thinking: z.string().optional(),
    calls: z.array(z.strictObject({ name: z.string(), input: z.record(z.string(), z.unknown()) })).optional(),
    stopReason: z.enum(['max_tokens', 'refusal', 'pause_turn', 'model_context_window_exceeded']).optional(),
    chunkDelayMs: z.number().min(0).optional(),
    repeat: z.number().int().min(1).optional(),
  }),
);

/** Plays the script of the task's prompt: the n-th turn after the prompt is the n-th entry. */
export function playScript({ task }: Conversation): ScriptedTurn {
  const turns = readScript(task.prompt);
  if (turns instanceof Error) return { text: `The script in the prompt cannot be played: ${turns.message}` };
  return turnAt(turns, task.turnsSoFar) ?? { text: 'Done.' };
}

/** Whether the last turn of the conversation was paused by its script, so that sending it back resumes it. */
export function wasPaused(task: Task): boolean {
  const turns = readScript(task.prompt);
  return !(turns instanceof Error) && turnAt(turns, task.turnsSoFar - 1)?.stopReason === 'pause_turn';
}

function readScript(prompt: string): z.infer<typeof script> | Error {
  try {
    return script.parse(JSON.parse(scriptIn(prompt) ?? '[]'));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function turnAt(turns: z.infer<typeof script>, index: number): ScriptedTurn | undefined {
  let left = index;
  for (const { repeat = 1, ...turn } of turns) {
    if (left < repeat) return left < 0 ? undefined : numbered(turn, left + 1);
    left -= repeat;
  }
  return undefined;
}

const numbered = ({ calls, ...turn }: ScriptedTurn, n: number): ScriptedTurn =>
  calls ? { ...turn, calls: calls.map((call) => ({ ...call, input: fill(call.input, n) })) } : turn;

const fill = (input: Record<string, unknown>, n: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(input).map(([key, value]) => [
      key,
      typeof value === 'string' ? value.replaceAll('{n}', String(n)) : value,
    ]),
  );
