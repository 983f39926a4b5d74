import { z } from 'zod';
import { MAX_VALUE_LENGTH, MEMORY_KEY, MEMORY_KEY_RULE, MEMORY_SCOPES } from '../memory/memory.ts';
import { defineTool, failure } from './tool.ts';

export const memoryKey = z.string().trim().regex(MEMORY_KEY, MEMORY_KEY_RULE);

export const memoryScope = z
  .enum(MEMORY_SCOPES)
  .default('agent')
  .describe('"agent": only you, which it is if left out. "organisation": all agents of your organisation');

export const remember = defineTool({
  name: 'remember',
  description:
    'Remembers something for your later runs, such as how tests are run here or what the user prefers. An empty value forgets the key. ' +
    'What you remember is told to you when a run begins. For the organisation only what every agent should know; your user may be asked first. Never remember secrets.',
  effect: 'pure',
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({
    key: memoryKey.describe(
      'A short name, such as test-command. One that is remembered already gets the new value',
    ),
    value: z
      .string()
      .trim()
      .max(MAX_VALUE_LENGTH)
      .describe('What to remember, at most 2,000 characters; empty to forget'),
    scope: memoryScope,
  }),
  subject: ({ key }) => key,
  // What one agent was talked into must not reach the others by itself.
  asksByDefault: ({ scope }) => scope === 'organisation',

  async run({ memory }, { key, value, scope }) {
    const result = { key, value, scope };
    if (value === '') {
      const output = memory.forget(scope, key) ? `Forgot ${key}.` : `Nothing was remembered as ${key}.`;
      return { output, result };
    }
    const problem = memory.remember(scope, key, value);
    return problem === null ? { output: `Remembered ${key}.`, result } : failure(problem);
  },
});
