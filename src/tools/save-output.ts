import { z } from 'zod';
import { defineTool, failure } from './tool.ts';

/** It stands in addresses, in a zip and on people's disks. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
const MEDIA_TYPE = /^[a-z]{1,20}\/[a-z0-9][a-z0-9.+-]{0,79}$/;

export const saveOutput = defineTool({
  name: 'save_output',
  description:
    'Hands a file or a value over to the user as an output of this run, such as a report or a table. ' +
    'It is no file of the repository. A name that was used before gets the new content.',
  effect: 'pure',
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z
    .strictObject({
      name: z
        .string()
        .regex(NAME, 'a file name of letters, digits, "_", "-" and ".", without folders')
        .describe('Such as report.md'),
      content: z.string().optional().describe('The text of a file, 1 MB at most'),
      value: z.json().optional().describe('Instead of content: any JSON'),
      mediaType: z
        .string()
        .regex(MEDIA_TYPE, 'a media type such as text/markdown')
        .optional()
        .describe('Of a file: text/plain if left out'),
    })
    .superRefine(({ content, value, mediaType }, context) => {
      const refuse = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: [field], message });
      if ((content === undefined) === (value === undefined)) refuse('content', 'give either it or value');
      if (value !== undefined && mediaType !== undefined) refuse('mediaType', 'a value is application/json');
    }),
  subject: ({ name }) => name,

  async run({ outputs }, { name, content, value, mediaType = 'text/plain' }) {
    const saved =
      content === undefined
        ? ({
            name,
            kind: 'value',
            mediaType: 'application/json',
            content: JSON.stringify(value, null, 2),
          } as const)
        : ({ name, kind: 'file', mediaType, content } as const);
    const outcome = outputs.save(saved);
    if ('problem' in outcome) return failure(outcome.problem);
    const about = { name, mediaType: saved.mediaType, bytes: outcome.bytes };
    return {
      output: `Saved ${name} (${outcome.bytes} bytes).`,
      result: about,
      events: [{ type: 'output.saved', data: about }],
    };
  },
});
