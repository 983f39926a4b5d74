import type { Conversation } from './conversation.ts';
import type { ScriptedTurn } from './turn.ts';

const CHANGE = /\b(add|change|create|delete|fix|implement|make|move|remove|rename|replace|update|write)\b/i;
const ASKING = /^(are|do|does|how|is|what|when|where|which|who|why)\b/i;
const TELLING = /^(what|why|how|explain|tell me)\b/i;

/** Whether a prompt asks for an answer and not for a change. "Can you add …?" asks for a change. */
export function isQuestion(prompt: string): boolean {
  const text = prompt.trim();
  const wantsChange = CHANGE.test(text);
  return text.endsWith('?') ? !wantsChange || ASKING.test(text) : !wantsChange && TELLING.test(text);
}

export function answerQuestion({ task, offers }: Conversation): ScriptedTurn {
  const can = offers('edit_file')
    ? 'What I can do here is the task of the demo: ask me to add a DELETE /todos/:id endpoint.'
    : 'No tools were offered to me, so I can only answer.';
  const asked = task.prompt.replace(/\s+/g, ' ').slice(0, 120);
  return {
    text: `You asked: "${asked}". I am the scripted local model and do not know the answer. ${can}`,
  };
}
