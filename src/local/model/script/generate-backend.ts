import { readFileSync } from 'node:fs';
import type { Conversation } from './conversation.ts';
import type { ScriptedCall, ScriptedTurn } from './turn.ts';

const SAMPLE = new URL('../../sample/notes-api/', import.meta.url);

const PLAN = [
  'Describe the project',
  'Store and validate',
  'Serve the routes',
  'Test every route',
  'Check the whole',
];

/** A mistake and what mends it: the first draft of a file says `wrong` where it is to say `right`. */
interface Slip {
  path: string;
  right: string;
  wrong: string;
}

const SLIPS: readonly Slip[] = [
  { path: 'src/app.js', right: "from './store.js'", wrong: "from './storage.js'" },
  {
    path: 'src/validate.js',
    right: "const invalid = (message) => new HttpError(422, 'invalid', message);",
    wrong: "const invalid = (message) => new HttpError(422, 'invalid', message); // TODO: name the field",
  },
];

/** Whether the agent is one that generates backends: it checks what it writes, and commits nothing. */
export const generatesBackend = ({ offers }: Conversation): boolean =>
  offers('check_project') && !offers('commit');

/**
 * Generates the sample backend in the order of its plan, whatever the user asks for, but with their noun: with two slips that the check
 * finds, and that are mended then.
 */
export function generateBackend({ task }: Conversation): ScriptedTurn {
  const noun = nounIn(task.prompt);
  const turns: ScriptedTurn[] = [
    { text: `I plan a REST API for ${noun}s on Node's own HTTP server.`, calls: [plan(0)] },
    {
      text: 'First the package and what it is about.',
      calls: [...write(noun, 'package.json', 'README.md'), plan(1)],
    },
    {
      text: 'Now what is kept, and what is let in.',
      calls: [...write(noun, 'src/errors.js', 'src/store.js', 'src/validate.js'), plan(2)],
    },
    {
      text: 'The server and its routes.',
      calls: [...write(noun, 'src/body.js', 'src/app.js', 'src/server.js'), plan(3)],
    },
    { text: 'Tests that go through every route.', calls: [...write(noun, 'test/notes.test.js'), plan(4)] },
    { text: 'I check all of it.', calls: [{ name: 'check_project', input: {} }] },
    { text: 'Two slips, which I mend.', calls: SLIPS.map((slip) => mend(noun, slip)) },
    { text: 'Once more.', calls: [{ name: 'check_project', input: {} }, plan(PLAN.length)] },
  ];
  const text = `A REST API for ${noun}s: create, list by tag and text, change and delete, with tests for every route.`;
  return turns[task.turnsSoFar] ?? { text };
}

/** The plan with so many of its steps done, and the next one under way. */
const plan = (done: number): ScriptedCall => ({
  name: 'update_plan',
  input: {
    steps: PLAN.map((title, at) => ({
      title,
      status: at < done ? 'done' : at === done ? 'inProgress' : 'pending',
    })),
  },
});

const write = (noun: string, ...paths: string[]): ScriptedCall[] =>
  paths.map((path) => {
    const content = SLIPS.filter((slip) => slip.path === path).reduce(
      (text, { right, wrong }) => text.replace(right, wrong),
      readFileSync(new URL(path, SAMPLE), 'utf8'),
    );
    return { name: 'write_file', input: { path: withNoun(path, noun), content: withNoun(content, noun) } };
  });

const mend = (noun: string, { path, right, wrong }: Slip): ScriptedCall => ({
  name: 'edit_file',
  input: { path, oldText: withNoun(wrong, noun), newText: withNoun(right, noun) },
});

/** "A REST API for bookings, with …" is about bookings. */
const nounIn = (prompt: string): string =>
  /\bfor (?:\w+ ){0,2}?([a-z]{3,30}?)s\b/.exec(prompt)?.[1] ?? 'note';

const withNoun = (text: string, noun: string): string =>
  text
    .replaceAll(/note(?=s?\b|Changes\b)/g, noun)
    .replaceAll(/(?<=new)Note\b/g, noun.charAt(0).toUpperCase() + noun.slice(1));
