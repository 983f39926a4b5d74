import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { whyExempt } from './exempt.ts';
import { moveKey, STATEMENTS, UPKEEP } from './moves.ts';
import { readTransitions } from './table.ts';

const table = (...rows: string[]) =>
  ['## Transitions', '', '| From | To | Statement |', '|---|---|---|', ...rows, '', '## Next', ''].join('\n');
const read = (...rows: string[]) => readTransitions(table(...rows)).map(moveKey);

it('reads one transition for each state and each statement of a row', () => {
  expect(read('| (none) | `queued` | `start.ts` createAgent, startRun (`retryOf`: once) |')).toEqual([
    'createAgent: none → queued',
    'startRun: none → queued',
  ]);
  expect(
    read('| `queued`, `waiting` (timer up) | `paused`, `waiting` (approval, review) | claimRun |'),
  ).toEqual([
    'claimRun: queued → paused',
    'claimRun: queued → waiting (approval)',
    'claimRun: queued → waiting (review)',
    'claimRun: waiting (timer) → paused',
    'claimRun: waiting (timer) → waiting (approval)',
    'claimRun: waiting (timer) → waiting (review)',
  ]);
});

it("takes a wait for its user's day for one for a budget", () => {
  expect(read("| `queued`, `waiting` (timer, or for the user's day) | the same | oneMove |")).toEqual([
    'oneMove: queued → queued',
    'oneMove: waiting (budget) → waiting (budget)',
    'oneMove: waiting (timer) → waiting (timer)',
  ]);
});

it('takes "the same" for the states above, or for the state it comes from', () => {
  expect(read('| `running` | `queued` | oneMove |', '| the same | `failed` | otherMove |').at(-1)).toBe(
    'otherMove: running → failed',
  );
  expect(read('| any but terminal | the same (`inboxSeq` + 1) | addMessage |')).toContain(
    'addMessage: waiting (budget) → waiting (budget)',
  );
});

it('refuses a row that it cannot read, so that none is passed over', () => {
  expect(() => read('| `nowhere` | `queued` | oneMove |')).toThrow('cannot be read');
  expect(() => readTransitions('no table')).toThrow('no table');
});

const engine = async () =>
  readTransitions(await readFile(new URL('../../../src/engine/README.md', import.meta.url), 'utf8'));

it("reads the engine's own table, of which most must be reached", async () => {
  const transitions = await engine();
  expect(transitions.length).toBeGreaterThan(100);
  const due = transitions.filter((transition) => whyExempt(moveKey(transition)) === null);
  expect(due.length).toBeGreaterThan(70);
});

it('has each statement that moves a run: those of the store, and those by which the harness tells them', async () => {
  const named = new Set([...(await engine()), ...UPKEEP].map(({ name }) => name));
  const told = new Set(STATEMENTS.map(([name]) => name));
  // The arm by which an ending starts the next run is part of other statements.
  expect(named).toEqual(new Set([...told, 'startNext']));
  expect((await movers()).filter((name) => !named.has(name))).toEqual([]);
});

/** The functions of the store that make a move, or write to the run's row by themselves. */
async function movers(): Promise<string[]> {
  const store = new URL('../../../src/store/', import.meta.url);
  const files = (await readdir(store, { recursive: true })).filter((file) =>
    /^(runs\/[\w-]+|approvals)\.ts$/.test(file),
  );
  const texts = await Promise.all(
    files.filter((file) => !file.endsWith('.test.ts')).map((file) => readFile(new URL(file, store), 'utf8')),
  );
  return texts.flatMap((text) =>
    text
      .split(/^(?=export )/m)
      .filter((part) => /moveRun\(db|UPDATE runs SET/.test(part))
      .flatMap((part) => /^export (?:async )?function (\w+)/.exec(part)?.[1] ?? [])
      .filter((name) => name !== 'moveRun'),
  );
}
