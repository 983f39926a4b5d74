import { z } from 'zod';
import { memoryKey, memoryScope } from './remember.ts';
import { defineTool } from './tool.ts';

export const forget = defineTool({
  name: 'forget',
  description: 'Forgets something that was remembered, when it is wrong or of no use any more.',
  effect: 'pure',
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({ key: memoryKey.describe('The name it is remembered by'), scope: memoryScope }),
  subject: ({ key }) => key,
  asksByDefault: ({ scope }) => scope === 'organisation',

  async run({ memory }, { key, scope }) {
    const output = memory.forget(scope, key) ? `Forgot ${key}.` : `Nothing was remembered as ${key}.`;
    return { output, result: { key, value: '', scope } };
  },
});
