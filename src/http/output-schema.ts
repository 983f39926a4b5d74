import { z } from '@hono/zod-openapi';
import { schemaProblems } from '../output-schema/schema-problems.ts';

const example = {
  type: 'object',
  properties: { summary: { type: 'string' }, tests: { type: 'integer', minimum: 0 } },
  required: ['summary', 'tests'],
  additionalProperties: false,
};

const description =
  'A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. ' +
  'It is then `result.output` of the run and its output `result.json`';

/** A JSON Schema as somebody gives it, looked over: what is wrong with it is named by its place. */
export const outputSchemaInput = z
  .record(z.string(), z.unknown())
  .superRefine((schema, context) => {
    for (const { path, message } of schemaProblems(schema)) {
      context.addIssue({ code: 'custom', path, message });
    }
  })
  .openapi({ description, example });

/** The same as it is shown. */
export const outputSchemaShown = z
  .record(z.string(), z.unknown())
  .nullable()
  .openapi({ description, example });
