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

/** What an answer comes to: one of the choices, by its words or its number from 1, or whatever the user said. */
export function readAnswer(
  text: string,
  choices: readonly string[] | null,
): { output: string; result: { answer: string; choice?: string } } {
  const said = normal(text);
  const number = /^#?(\d)\)?$/.exec(said)?.[1];
  const choice =
    choices?.find((candidate) => normal(candidate) === said) ??
    (number === undefined ? undefined : choices?.[Number(number) - 1]);
  if (choice === undefined) return { output: `The user answered: ${text}`, result: { answer: text } };
  return { output: `The user chose: ${choice}`, result: { answer: text, choice } };
}
