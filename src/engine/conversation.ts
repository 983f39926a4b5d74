import type { ModelMessage, UserBlock } from '../models/port.ts';
import type { HistoryRun, HistoryStep } from '../store/runs/history.ts';

const CUT_SHORT = 'Your answer was cut off at the output limit. Go on, in smaller pieces.';

/**
 * Builds what the model is sent from what was committed: each run's prompt, then its steps, each followed by the results
 * of its calls and by the follow-ups that had arrived before the next one. Planned steps are left out; they are carried
 * out, not asked for again. What an earlier run did not live to hear comes at its end. Neighbouring user content is one message, results first, as providers require.
 */
export function buildConversation(runs: readonly HistoryRun[], deliveredSeq: number): ModelMessage[] {
  const messages: ModelMessage[] = [];
  runs.forEach((run, index) => {
    const isCurrent = index === runs.length - 1;
    say(messages, { type: 'text', text: run.prompt });
    let heard = 0;
    const hear = (until: number) => {
      for (const { seq, text } of run.messages) {
        if (seq > heard && seq <= until) say(messages, { type: 'text', text });
      }
      heard = Math.max(heard, until);
    };
    for (const step of run.steps) {
      if (!step.committed) continue;
      hear(step.deliveredSeq);
      addStep(messages, step);
    }
    hear(isCurrent ? deliveredSeq : Number.POSITIVE_INFINITY);
  });
  return messages;
}

function addStep(messages: ModelMessage[], step: HistoryStep): void {
  // Providers refuse empty content; a turn in which the model said nothing leaves no trace.
  if (step.content.length > 0) messages.push({ role: 'assistant', content: step.content });
  for (const call of step.calls) {
    say(messages, {
      type: 'toolResult',
      id: call.providerCallId,
      output: call.output ?? '',
      isError: call.state !== 'completed',
    });
  }
  if (step.stopReason === 'maxTokens') say(messages, { type: 'text', text: CUT_SHORT });
}

function say(messages: ModelMessage[], block: UserBlock): void {
  const last = messages.at(-1);
  if (last?.role === 'user') last.content.push(block);
  else messages.push({ role: 'user', content: [block] });
}
