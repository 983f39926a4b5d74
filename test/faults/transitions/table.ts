import type { Move } from './moves.ts';

const WAITS = ['approval', 'review', 'input', 'budget', 'timer', 'child'] as const;
/** How a row says which wait it is about: that for the user's day is one for a budget. */
const INSIDE = {
  approval: /approval/,
  review: /review/,
  input: /input/,
  budget: /budget|user's day/,
  timer: /timer/,
  child: /child/,
} satisfies Record<(typeof WAITS)[number], RegExp>;
const ACTIVE = ['queued', 'running', ...WAITS.map((kind) => `waiting (${kind})`), 'paused'];
const ANY = [...ACTIVE, 'completed', 'failed', 'cancelled'];

/**
 * Reads the table of transitions out of the engine's README: one transition for each state a row leads from, each it leads to and
 * each statement it names.
 *
 * @throws Error when there is no table, or a row of it cannot be read
 */
export function readTransitions(markdown: string): Move[] {
  const section = /^## Transitions$([\s\S]*?)^## /m.exec(markdown)?.[1];
  const rows = (section ?? '').split('\n').filter((line) => /^\| .*\|$/.test(line));
  if (rows.length < 2) throw new Error('the README of the engine has no table of transitions');
  const found = new Map<string, Move>();
  let above: string[] = [];
  for (const row of rows.slice(1)) {
    const [fromText = '', toText = '', statement = ''] = row
      .slice(1)
      .split('|')
      .map((cell) => cell.trim());
    const from = fromText.startsWith('the same') ? above : statesIn(fromText);
    above = from;
    const names = statement.replace(/`[^`]*`/g, '').match(/\b[a-z]+[A-Z]\w*/g) ?? [];
    const to = toText.startsWith('the same') ? undefined : statesIn(toText);
    if (from.length === 0 || to?.length === 0 || names.length === 0) {
      throw new Error(`a row of the table of transitions cannot be read: ${row}`);
    }
    for (const name of names) {
      for (const state of from) {
        for (const target of to ?? [state]) {
          found.set(`${name} ${state} ${target}`, { name, from: state, to: target });
        }
      }
    }
  }
  return [...found.values()];
}

function statesIn(text: string): string[] {
  if (text.startsWith('(none)')) return ['none'];
  if (text.startsWith('any but terminal')) return ACTIVE;
  if (text.startsWith('any')) return ANY;
  return [...text.matchAll(/`(\w+)`(?: \(([^)]*)\))?/g)].flatMap(([, status = '', inside = '']) => {
    if (status !== 'waiting') return ANY.includes(status) ? [status] : [];
    const kinds = WAITS.filter((kind) => inside === '' || INSIDE[kind].test(inside));
    return kinds.map((kind) => `waiting (${kind})`);
  });
}
