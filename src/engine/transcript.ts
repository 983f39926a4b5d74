import { cutText } from '../cut-text.ts';
import { tokensOf } from './compaction.ts';
import type { Entry } from './conversation.ts';

const CUT_OUTPUT = 300;
const CUT_TEXT = 2_000;

/** From the mildest on; each shortens the oldest first, and gives an entry back as it is when it has nothing to take. */
const SHORTENINGS: ((entry: Entry) => Entry)[] = [
  (entry) => (entry.kind === 'result' ? { ...entry, output: cut(entry.output, CUT_OUTPUT) } : entry),
  (entry) => (entry.kind === 'turn' ? { ...entry, content: entry.content.map(shortenBlock) } : entry),
  (entry) =>
    entry.kind === 'turn' || entry.kind === 'result' ? entry : { ...entry, text: cut(entry.text, CUT_TEXT) },
];

/**
 * A conversation to be read by whoever sums it up: a line of JSON for each thing said, so that nothing a tool gave can pass for
 * the user's words. One that is too long loses the most of its oldest tool outputs, then arguments and texts, then lines.
 */
export function transcribe(entries: readonly Entry[], maxTokens: number): string {
  const lines = entries.map((entry) => ({ entry, text: lineOf(entry) }));
  let tokens = lines.reduce((sum, { text }) => sum + tokensOf(text), 0);
  for (const shorten of SHORTENINGS) {
    for (const line of lines) {
      if (tokens <= maxTokens) break;
      line.entry = shorten(line.entry);
      tokens -= tokensOf(line.text);
      line.text = lineOf(line.entry);
      tokens += tokensOf(line.text);
    }
  }
  let leftOut = 0;
  const kept = lines.filter(({ entry, text }) => {
    if (tokens <= maxTokens || entry.kind === 'summary' || entry.kind === 'task') return true;
    tokens -= tokensOf(text);
    leftOut += 1;
    return false;
  });
  const texts = kept.map(({ text }) => text);
  if (leftOut > 0) {
    texts.unshift(JSON.stringify({ from: 'cadence', text: `${leftOut} older lines are left out.` }));
  }
  return texts.join('\n');
}

function lineOf(entry: Entry): string {
  switch (entry.kind) {
    case 'summary':
    case 'task':
    case 'user':
      return JSON.stringify({ from: entry.kind, text: entry.text });
    case 'note':
      return JSON.stringify({ from: 'cadence', text: entry.text });
    case 'turn': {
      const texts = entry.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
      const calls = entry.content.flatMap((block) =>
        block.type === 'toolCall' ? [{ name: block.name, input: block.input }] : [],
      );
      return JSON.stringify({
        from: 'agent',
        text: texts.join('\n\n'),
        ...(calls.length > 0 ? { calls } : {}),
      });
    }
    case 'result':
      return JSON.stringify({
        from: 'tool',
        name: entry.name,
        output: entry.output,
        ...(entry.isError ? { failed: true } : {}),
      });
  }
}

function shortenBlock(block: Extract<Entry, { kind: 'turn' }>['content'][number]) {
  switch (block.type) {
    case 'text':
      return { ...block, text: cut(block.text, CUT_TEXT) };
    case 'toolCall': {
      const input = Object.entries(block.input).map(([key, value]) => {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        return [key, text.length > CUT_OUTPUT ? cut(text, CUT_OUTPUT) : value];
      });
      return { ...block, input: Object.fromEntries(input) };
    }
    case 'reasoning':
      return block;
  }
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${cutText(text, length)} [cut]`;
