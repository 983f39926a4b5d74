import { z } from 'zod';
import { defineTool, failure } from './tool.ts';

/** Keys stand in the paths of the API, where a slash or two dots would mean something else. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

export const remember = defineTool({
  name: 'remember',
  description:
    'Remembers something for your later runs, such as how tests are run here or what the user prefers. An empty value forgets the key. ' +
    'What you remember is told to you when a run begins. Never remember secrets.',
  effect: 'pure',
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({
    key: z
      .string()
      .trim()
      .regex(KEY, 'a short name of letters, digits, "_", "-" and "."')
      .describe('A short name, such as test-command. One that is remembered already gets the new value'),
    value: z
      .string()
      .trim()
      .max(2000)
      .describe('What to remember, at most 2,000 characters; empty to forget'),
  }),
  subject: ({ key }) => key,

  async run({ memory }, { key, value }) {
    if (value === '') {
      const output = memory.forget(key) ? `Forgot ${key}.` : `Nothing was remembered as ${key}.`;
      return { output, result: { key, value } };
    }
    const problem = memory.remember(key, value);
    return problem === null ? { output: `Remembered ${key}.`, result: { key, value } } : failure(problem);
  },
});
