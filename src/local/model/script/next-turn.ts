import type { Prompt } from '../request.ts';
import { addDeleteEndpoint, asksForDeleteEndpoint } from './add-delete-endpoint.ts';
import { answerQuestion, isQuestion } from './answer-question.ts';
import { type Conversation, hasScript, readConversation } from './conversation.ts';
import { generateBackend, generatesBackend } from './generate-backend.ts';
import { leaveNote } from './leave-note.ts';
import { planDag, reportOnParts } from './plan-dag.ts';
import { playScript, wasPaused } from './play-script.ts';
import { sumUp } from './sum-up.ts';
import type { ScriptedTurn } from './turn.ts';

/** The next turn of the scripted model. It depends on the conversation alone. */
export function nextTurn(prompt: Prompt): ScriptedTurn {
  const summary = sumUp(prompt);
  if (summary) return summary;
  const conversation = readConversation(prompt);
  const turn = choose(conversation);
  const note = conversation.task.newNote;
  const text = note ? [`Noted: ${shorten(note)}`, turn.text].filter(Boolean).join('\n\n') : turn.text;
  return { ...turn, text };
}

/** Whether a conversation that ends with an assistant message sends back a turn that was paused. */
export function resumesPausedTurn(prompt: Prompt): boolean {
  return prompt.messages.at(-1)?.role === 'assistant' && wasPaused(readConversation(prompt).task);
}

function choose(conversation: Conversation): ScriptedTurn {
  const { prompt } = conversation.task;
  if (hasScript(prompt)) return playScript(conversation);
  if (generatesBackend(conversation)) return generateBackend(conversation);
  if (conversation.offers('submit_dag')) return planDag(conversation);
  const report = reportOnParts(conversation);
  if (report) return report;
  if (isQuestion(prompt)) return answerQuestion(conversation);
  if (asksForDeleteEndpoint(prompt)) return addDeleteEndpoint(conversation) ?? leaveNote(conversation);
  return leaveNote(conversation);
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
