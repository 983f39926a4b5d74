import type { Prompt, RequestMessage } from '../request.ts';
import { readProgress } from './progress.ts';
import type { ScriptedCall } from './turn.ts';

/** A tool call of the conversation and how it ended. */
export interface Exchange extends ScriptedCall {
  output: string;
  isError: boolean;
}

/** Something the user asked for and all that came of it, up to the next task. */
export interface Task {
  prompt: string;
  /** What the user added with the last message while the task was under way. */
  newNote: string | undefined;
  /** Assistant messages since the prompt. */
  turnsSoFar: number;
  exchanges: Exchange[];
}

/** The conversation as a skill sees it: nothing else decides what the scripted model does. */
export interface Conversation {
  offers(tool: string): boolean;
  task: Task;
}

/**
 * Reads a conversation. A message of the user begins a task, unless it came before the one at hand was over (the last
 * turn called tools, or there was none yet) or that one is a script. A message with a script always begins one. A summary that
 * the model wrote itself stands for a task with all its turns.
 */
export function readConversation(prompt: Prompt): Conversation {
  const names = new Set(
    (prompt.tool_choice?.type === 'none' ? [] : (prompt.tools ?? [])).map(({ name }) => name),
  );
  let task: Task | undefined;
  const open = new Map<string, ScriptedCall>();
  let isResumed = false;
  for (const [at, message] of prompt.messages.entries()) {
    if (message.role === 'system') continue;
    if (message.role === 'assistant') {
      if (task) task.turnsSoFar += 1;
      open.clear();
      isResumed = false;
      for (const block of message.content) if (block.type === 'tool_use') open.set(block.id, block);
      continue;
    }
    for (const block of message.content) {
      if (block.type !== 'tool_result') continue;
      const call = open.get(block.tool_use_id);
      const output = block.content.map(({ text }) => text).join('\n');
      if (!call) continue;
      const { name, input } = call;
      task?.exchanges.push({ name, input, output, isError: block.is_error === true });
    }
    const resumed = resume(message);
    if (resumed) {
      task = resumed.task;
      isResumed = !resumed.isOver;
    }
    const text = textOf(resumed ? resumed.rest : message.content);
    if (text === '') continue;
    const isUnderWay =
      task && (task.turnsSoFar === 0 || open.size > 0 || isResumed || hasScript(task.prompt));
    if (!task || !isUnderWay || hasScript(text)) task = newTask(text);
    else if (at === prompt.messages.length - 1) task.newNote = text;
  }
  return {
    offers: (tool) => names.has(tool),
    task: task ?? newTask(''),
  };
}

/** The task that a summary in a message stands for, and what the message says besides it. */
function resume({ content }: RequestMessage) {
  const at = content.findIndex((block) => block.type === 'text' && readProgress(block.text));
  const summary = content[at];
  const progress = summary?.type === 'text' ? readProgress(summary.text) : undefined;
  if (!progress) return undefined;
  const { prompt, turns, isOver } = progress;
  const task = { ...newTask(prompt), turnsSoFar: turns };
  const rest = content.slice(at + 1).filter((block) => {
    // Behind a few words it is the prompt of that task once more; alone it would be asked for anew.
    const again = block.type === 'text' && prompt !== '' ? block.text.indexOf(prompt) : -1;
    if (block.type !== 'text' || again <= 0) return true;
    task.prompt = block.text.slice(again);
    return false;
  });
  return { task, isOver, rest };
}

function newTask(prompt: string): Task {
  return { prompt, newNote: undefined, turnsSoFar: 0, exchanges: [] };
}

/** Whether a message carries a script to play. */
export function hasScript(text: string): boolean {
  return SCRIPT.test(text);
}

/** The script in a message, as it was written. */
export function scriptIn(text: string): string | undefined {
  return SCRIPT.exec(text)?.[1];
}

/** The closing fence stands on a line of its own, so a script may have another one in a string: what a sub-agent is to play. */
const SCRIPT = /```script\s*\n([\s\S]*?)\n```/;

function textOf(content: RequestMessage['content']): string {
  return content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim();
}
