import { z } from 'zod';
import { defineTool, failure } from './tool.ts';

const normal = (choice: string) =>
  choice
    .toLowerCase()
    .replace(/[\s.!?,]+$/, '')
    .trim();

export const askUser = defineTool({
  name: 'ask_user',
  description:
    'Asks the user a question and waits for the answer, which may take hours. Use it when a decision is theirs to make and you cannot find out yourself. It must be the only call of your turn.',
  effect: 'pure',
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({
    question: z
      .string()
      .trim()
      .min(1)
      .max(1000)
      .describe('One question, in words that are read aloud, with what the user must know to answer it'),
    choices: z
      .array(z.string().trim().min(1).max(100))
      .min(2)
      .max(6)
      .refine((choices) => new Set(choices.map(normal)).size === choices.length, 'two choices are the same')
      .optional()
      .describe('Short answers to choose from; the user may still answer something else'),
  }),
  subject: ({ question }) => question,
  question: ({ question, choices }) => ({ text: question, choices: choices ?? null }),

  // A call that stands alone is put to the user and never gets here.
  async run() {
    return failure(
      'ask_user must be the only call of a turn. Ask again, by itself, once the other calls are done.',
    );
  },
});

const NUMBERS = [
  ['1', 'one', 'first'],
  ['2', 'two', 'second'],
  ['3', 'three', 'third'],
  ['4', 'four', 'fourth'],
  ['5', 'five', 'fifth'],
  ['6', 'six', 'sixth'],
];

/** A place among the choices, as people write it or as speech becomes text: "2", "#2", "two", "number two", "the second one". */
const PLACE =
  /^(?:the )?(?:(?:number|option|choice|answer) )?#?([a-z]+|\d)\)?(?: (?:one|option|choice|answer))?$/;

/** The place that was said, from 0. None where a choice has that number in its own words: nobody knows which is meant. */
function placeOf(said: string, choices: readonly string[]): number | undefined {
  const number = PLACE.exec(said)?.[1] ?? '';
  const at = NUMBERS.findIndex((names) => names.includes(number));
  const isInWords = choices.some((choice) => NUMBERS[at]?.some((name) => wordsOf(choice).includes(name)));
  return at < 0 || isInWords ? undefined : at;
}

const wordsOf = (text: string) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u);

/** What an answer comes to: one of the choices, by its words or its number from 1, or whatever the user said. */
export function readAnswer(
  text: string,
  choices: readonly string[] | null,
): { output: string; result: { answer: string; choice?: string } } {
  const said = normal(text);
  const choice =
    choices?.find((candidate) => normal(candidate) === said) ?? choices?.[placeOf(said, choices) ?? -1];
  if (choice === undefined) return { output: `The user answered: ${text}`, result: { answer: text } };
  return { output: `The user chose: ${choice}`, result: { answer: text, choice } };
}
