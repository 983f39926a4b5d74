import { z } from 'zod';
import type { OutputSchema } from '../output-schema/output-schema.ts';
import { valueProblems } from '../output-schema/value-problems.ts';
import { RESULT_NAME } from '../outputs/outputs.ts';
import { defineTool, failure, type Tool } from './tool.ts';

export const SUBMIT_RESULT = 'submit_result';

/** With these beside it no provider takes a schema for the input of a tool, whatever its type. */
const NOT_AT_THE_TOP = ['anyOf', 'oneOf', 'allOf', 'not', 'enum', 'const', '$ref'];

/** Models call tools with objects: what is not certainly one is handed in under `value`. */
const isWrapped = (schema: OutputSchema) =>
  schema.type !== 'object' || NOT_AT_THE_TOP.some((keyword) => keyword in schema);

/** What the model is told: the schema as it was given, or an object around it. Its references then begin one level further up. */
function inputSchemaOf(schema: OutputSchema): Record<string, unknown> {
  if (!isWrapped(schema)) return { ...schema };
  const { $schema: _, $defs, definitions, ...value } = schema;
  const inner = '#/properties/value';
  return {
    type: 'object',
    properties: { value: refersToItself(schema) ? withRoot(value, inner) : value },
    required: ['value'],
    additionalProperties: false,
    ...($defs === undefined ? {} : { $defs: withRoot($defs, inner) }),
    ...(definitions === undefined ? {} : { definitions: withRoot(definitions, inner) }),
  };
}

const refersToItself = (schema: OutputSchema) => JSON.stringify(schema).includes('"$ref":"#"');

/** The same with references to the whole ("#") led to where that is now. */
function withRoot(value: unknown, root: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withRoot(item, root));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && inner === '#' ? root : withRoot(inner, root),
    ]),
  );
}

/**
 * Takes the result of a run that is held to a schema. It is in no catalogue, so that no other run has it. A value that does not fit is an
 * error that the model mends; a later one that fits takes the place of an earlier one.
 */
export const submitResult = (schema: OutputSchema): Tool =>
  defineTool({
    name: SUBMIT_RESULT,
    description:
      'Hands in the result of this run. It is held against the schema of this input, and what does not fit comes back. The run cannot end without it.',
    effect: 'pure',
    trust: { readsPrivate: false, readsUntrusted: false, egress: false },
    input: z.record(z.string(), z.unknown()),
    inputSchema: inputSchemaOf(schema),

    async run({ outputs }, input) {
      const wrapped = isWrapped(schema);
      if (wrapped && !('value' in input)) return failure('The result does not fit: value: is missing');
      const value = wrapped ? input.value : input;
      const problems = valueProblems(schema, value);
      if (problems.length > 0) {
        return {
          output: ['The result does not fit:', ...problems.map((problem) => `- ${problem}`)].join('\n'),
          isError: true,
          result: { problems },
        };
      }
      const saved = outputs.saveResult(JSON.stringify(value, null, 2));
      if ('problem' in saved) return failure(saved.problem);
      const about = { name: RESULT_NAME, mediaType: 'application/json', bytes: saved.bytes };
      return {
        output: 'The result is taken. End with a short summary.',
        result: about,
        events: [{ type: 'output.saved', data: about }],
      };
    },
  });
