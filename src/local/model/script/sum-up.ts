import { z } from 'zod';
import type { Prompt, RequestBlock, RequestMessage } from '../request.ts';
import { readConversation } from './conversation.ts';
import { writeProgress } from './progress.ts';
import type { ScriptedTurn } from './turn.ts';

const line = z.discriminatedUnion('from', [
  z.object({ from: z.enum(['summary', 'task', 'user', 'cadence']), text: z.string() }),
  z.object({
    from: z.literal('agent'),
    text: z.string(),
    calls: z.array(z.object({ name: z.string(), input: z.record(z.string(), z.unknown()) })).default([]),
  }),
  z.object({
    from: z.literal('tool'),
    name: z.string(),
    output: z.string(),
    failed: z.boolean().default(false),
  }),
]);

type Line = z.infer<typeof line>;

/**
 * A summary of a transcript, when the prompt asks for one: no tools, and a message of JSON lines that say who speaks. It is
 * made of what they say, and of where the model stands in its task.
 */
export function sumUp({ model, tools = [], system = [], messages }: Prompt): ScriptedTurn | undefined {
  const [only, ...others] = messages;
  if (tools.length > 0 || others.length > 0 || !only) return undefined;
  if (!system.some(({ text }) => /\bsummary\b/i.test(text))) return undefined;
  const transcript = readTranscript(only);
  return transcript && { text: describe(model, transcript) };
}

function readTranscript({ content }: RequestMessage): Line[] | undefined {
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
  const written = text.split('\n').filter((candidate) => candidate.startsWith('{"from":'));
  const lines = written.flatMap((json) => {
    const read = line.safeParse(parse(json));
    return read.success ? [read.data] : [];
  });
  return lines.length > 0 ? lines : undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function describe(model: string, transcript: Line[]): string {
  const messages = asMessages(transcript);
  const { task } = readConversation({ model, messages });
  const spoken = transcript.flatMap((said) => (said.from === 'agent' ? [said.text] : [])).findLast(Boolean);
  const last = messages.at(-1);
  const isOver = last?.role === 'assistant' && !last.content.some(({ type }) => type === 'tool_use');
  const failed = task.exchanges.filter(({ isError }) => isError).length;
  return [
    writeProgress({ prompt: task.prompt, turns: task.turnsSoFar, isOver }),
    `The user asked: ${shorten(task.prompt) || 'nothing yet'}`,
    `I have taken ${task.turnsSoFar} turns for that. Since my last summary: ${tally(task.exchanges)}${failed > 0 ? `, ${failed} of them in vain` : ''}.`,
    ...(spoken ? [`My last words were: ${shorten(spoken)}`] : []),
  ].join('\n\n');
}

/** The conversation that was written down. Each result belongs to the oldest call before it that has none. */
function asMessages(transcript: Line[]): RequestMessage[] {
  const messages: RequestMessage[] = [];
  let open: string[] = [];
  const say = (role: 'user' | 'assistant', ...blocks: RequestBlock[]) => {
    const last = messages.at(-1);
    if (role === 'user' && last?.role === 'user') last.content.push(...blocks);
    else messages.push({ role, content: blocks });
  };
  for (const [at, said] of transcript.entries()) {
    if (said.from === 'agent') {
      const calls = said.calls.map((call, index) => ({
        type: 'tool_use' as const,
        id: `call_${at}_${index}`,
        ...call,
      }));
      open = calls.map(({ id }) => id);
      say('assistant', { type: 'text', text: said.text }, ...calls);
    } else if (said.from === 'tool') {
      const content = [{ type: 'text' as const, text: said.output }];
      say('user', { type: 'tool_result', tool_use_id: open.shift() ?? '', content, is_error: said.failed });
    } else {
      say('user', { type: 'text', text: said.from === 'task' ? `The task: ${said.text}` : said.text });
    }
  }
  return messages;
}

function tally(exchanges: { name: string }[]): string {
  const counts = new Map<string, number>();
  for (const { name } of exchanges) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ${count} times`).join(', ') || 'no calls';
}

function shorten(text: string): string {
  const words = text.replace(/\s+/g, ' ').trim();
  return words.length > 200 ? `${words.slice(0, 199)}…` : words;
}
