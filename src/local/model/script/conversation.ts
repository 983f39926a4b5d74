import type { Prompt, RequestMessage } from '../request.ts';
import type { ScriptedCall } from './turn.ts';

/** A tool call of the conversation and how it ended. */
export interface Exchange extends ScriptedCall {
  output: string;
  isError: boolean;
}

/** Something the user asked for and all that came of it, up to the next task. */
export interface Task {
  prompt: string;
  /** What the user added while the task was under way, oldest first. */
  notes: string[];
  /** A note that came with the last message and was not answered yet. */
  newNote: string | undefined;
  /** Assistant messages since the prompt. */
  turnsSoFar: number;
  exchanges: Exchange[];
}

/** The conversation as a skill sees it: nothing else decides what the scripted model does. */
export interface Conversation {
  system: string;
  offers(tool: string): boolean;
  task: Task;
}

/**
 * Reads a conversation. A message of the user begins a task, unless it came before the one at hand was over (the last
 * turn called tools, or there was none yet) or `continues` says that it belongs to it. A script always begins one.
 */
export function readConversation(
  prompt: Prompt,
  continues: (task: Task, message: string) => boolean,
): Conversation {
  const names = new Set(
    (prompt.tool_choice?.type === 'none' ? [] : (prompt.tools ?? [])).map(({ name }) => name),
  );
  let task: Task | undefined;
  const open = new Map<string, ScriptedCall>();
  for (const [at, message] of prompt.messages.entries()) {
    if (message.role === 'system') continue;
    if (message.role === 'assistant') {
      if (task) task.turnsSoFar += 1;
      open.clear();
      for (const block of message.content) if (block.type === 'tool_use') open.set(block.id, block);
      continue;
    }
    for (const block of message.content) {
      if (block.type !== 'tool_result') continue;
      const call = open.get(block.tool_use_id);
      const output = block.content.map(({ text }) => text).join('\n');
      if (call)
        task?.exchanges.push({
          name: call.name,
          input: call.input,
          output,
          isError: block.is_error === true,
        });
    }
    const text = textOf(message);
    if (text === '') continue;
    const isNote = task && (task.turnsSoFar === 0 || open.size > 0 || continues(task, text));
    if (task && isNote && !hasScript(text)) {
      task.notes.push(text);
      if (at === prompt.messages.length - 1) task.newNote = text;
    } else {
      task = { prompt: text, notes: [], newNote: undefined, turnsSoFar: 0, exchanges: [] };
    }
  }
  return {
    system: (prompt.system ?? []).map(({ text }) => text).join('\n'),
    offers: (tool) => names.has(tool),
    task: task ?? { prompt: '', notes: [], newNote: undefined, turnsSoFar: 0, exchanges: [] },
  };
}

/** Whether a message carries a script to play. */
export function hasScript(text: string): boolean {
  return SCRIPT.test(text);
}

/** The script in a message, as it was written. */
export function scriptIn(text: string): string | undefined {
  return SCRIPT.exec(text)?.[1];
}

const SCRIPT = /```script\s*\n([\s\S]*?)\n?```/;

function textOf({ content }: RequestMessage): string {
  return content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim();
}
