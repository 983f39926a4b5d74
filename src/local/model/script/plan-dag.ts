import type { Conversation } from './conversation.ts';
import type { ScriptedTurn } from './turn.ts';

interface Part {
  id: string;
  text: string;
  /** It comes after what is before it: said so, or speaks of it. */
  follows: boolean;
  tool: string | undefined;
}

/** How the task of the last node of a plan begins, by which it is known again. */
const REPORT = 'Sum up what came of these parts';

const LONGEST_ID_WORDS = 3;
/** Words that say nothing about a part, for its id. */
const FILLERS = new Set([
  'a',
  'all',
  'an',
  'and',
  'for',
  'in',
  'it',
  'its',
  'of',
  'on',
  'the',
  'them',
  'this',
  'to',
]);

/**
 * Plans a goal as its words say: what is joined by commas and "and" runs side by side, what comes behind "then" or speaks of "it"
 * waits for the part before it, "use the tool x" is a call of it, and a last node tells what came of several. Two parts may get the same id,
 * which the check finds: then the parts are numbered.
 */
export function planDag({ task }: Conversation): ScriptedTurn {
  const refused = task.exchanges.findLast(({ name, isError }) => name === 'submit_dag' && isError);
  const parts = partsOf(task.prompt);
  if (parts.length === 0) return { text: 'The goal does not say what is to be done.' };
  const isAmbiguous = refused?.output.includes('is the id of') ?? false;
  const named = isAmbiguous ? parts.map((part, at) => ({ ...part, id: `${part.id}_${at + 1}` })) : parts;
  const plan = { name: firstLine(task.prompt), nodes: nodesOf(named, task.prompt) };
  const said = isAmbiguous
    ? 'Two parts had the same id, so I number them.'
    : 'I split the goal into its parts.';
  return {
    text: refused && !isAmbiguous ? 'I see no other way to plan what was asked for.' : said,
    calls: [{ name: 'submit_dag', input: plan }],
  };
}

function partsOf(goal: string): Part[] {
  const sentences = goal.replaceAll(/\s+/g, ' ').split(/[.;!?](?:\s|$)/);
  const parts = sentences.flatMap((sentence) =>
    sentence.split(/,\s*(?=and\b|then\b)|,\s+|\s+(?=and\b|then\b)/i).map((text) => text.trim()),
  );
  return parts.flatMap((written, at) => {
    const text = written.replace(/^(?:(?:and|then)\s+)+/i, '');
    if (!/[a-z]/i.test(text) || /^(?:and|then)$/i.test(text)) return [];
    const follows = at > 0 && (/^(?:and\s+)?then\b/i.test(written) || /\b(it|them|this)\b/i.test(text));
    return [{ id: idOf(text), text, follows, tool: /\buse the tool (\w+)/i.exec(text)?.[1] }];
  });
}

function idOf(text: string): string {
  const words = text.toLowerCase().match(/[a-z][a-z0-9]*/g) ?? [];
  const telling = words.filter((word) => !FILLERS.has(word)).slice(0, LONGEST_ID_WORDS);
  return telling.join('_') || 'part';
}

function nodesOf(parts: readonly Part[], goal: string): Record<string, unknown>[] {
  const nodes = parts.map(({ id, text, follows, tool }, at) => {
    const before = follows ? parts[at - 1] : undefined;
    const waits = before ? { dependsOn: [before.id] } : {};
    if (tool !== undefined) return { id, tool, input: {}, ...waits };
    const known = before ? ` What came before it: {{nodes.${before.id}.output}}` : '';
    return { id, task: `${sentence(text)}${known}`, ...waits };
  });
  if (parts.length < 3) return nodes;
  const outputs = parts.map(({ id }) => `- ${id}: {{nodes.${id}.output}}`).join('\n');
  const report = `${REPORT} of the goal "${goal}":\n${outputs}`;
  return [...nodes, { id: 'report', task: report }];
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function firstLine(goal: string): string {
  const line = goal.trim().split('\n', 1)[0]?.trim() ?? '';
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** The task of the last node of such a plan: the first sentence of what each part came to. Nothing for any other task. */
export function reportOnParts({ task }: Conversation): ScriptedTurn | undefined {
  if (!task.prompt.startsWith(REPORT)) return undefined;
  const parts = [...task.prompt.matchAll(/^- (\w+): (.*)$/gm)];
  const said = parts.map(
    ([, id, output = '']) => `${id}: ${/^.*?[.!?](?=\s|$)/.exec(output)?.[0] ?? output}`,
  );
  return { text: [`These ${parts.length} parts are done.`, ...said].join('\n') };
}
