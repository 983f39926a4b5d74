import { z } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';
import { problemSchema } from '../../src/http/errors.ts';
import { EXAMPLES } from '../../src/http/examples.ts';
import { expectShape } from '../support/hold-to-contract.ts';
import { bareApp } from './bare-app.ts';
import { recordExamples } from './record.ts';

const HELP = 'Play it in test/contract/flows, then: npm run generate';

const routes = bareApp().openAPIRegistry.definitions.flatMap((definition) =>
  definition.type === 'route' ? [definition.route] : [],
);

/** Every answer with a body that programs read, and its schema. */
const answers = routes.flatMap(({ operationId = '', responses }) =>
  Object.entries(responses).flatMap(([status, answer]) =>
    Object.entries('content' in answer ? (answer.content ?? {}) : {}).flatMap(([mediaType, content]) =>
      content && 'schema' in content && content.schema instanceof z.ZodType
        ? [{ operationId, kind: `${status} ${mediaType}`, mediaType, schema: content.schema, content }]
        : [],
    ),
  ),
);
const ownAnswers = answers.filter(
  ({ mediaType }) => !['application/problem+json', 'text/html', 'text/css'].includes(mediaType),
);
const declared = ownAnswers.map(({ operationId, kind }) => `${operationId} ${kind}`);
const codes = [
  ...new Set(
    answers.flatMap(({ mediaType, content }) =>
      mediaType === 'application/problem+json' ? Object.keys(content.examples ?? {}) : [],
    ),
  ),
];

describe('the examples of the contract', () => {
  it('are there for every answer and every code, and for no others', () => {
    expect(namesOf(EXAMPLES.answers), HELP).toEqual(declared.toSorted());
    expect(Object.keys(EXAMPLES.problems).toSorted(), HELP).toEqual(codes.toSorted());
  });

  it('are there for every body that is sent', () => {
    const bodies = routes.filter(({ request }) => request?.body !== undefined);
    expect(Object.keys(EXAMPLES.requests).toSorted(), HELP).toEqual(
      bodies.map(({ operationId = '' }) => operationId).toSorted(),
    );
    for (const { operationId = '', request } of bodies) {
      const content = request?.body?.content['application/json'];
      const schema = content && 'schema' in content ? content.schema : undefined;
      if (!(schema instanceof z.ZodType)) expect.unreachable(`${operationId} takes no JSON`);
      expect(schema.safeParse(EXAMPLES.requests[operationId]).error).toBeUndefined();
    }
  });

  it('are what their schemas say, no field more', () => {
    for (const { operationId, kind, mediaType, schema } of ownAnswers) {
      const example = EXAMPLES.answers[operationId]?.[kind];
      const each = mediaType === 'text/event-stream' ? Object.values(Object(example)) : [example];
      for (const one of each) expectShape(`the example of ${operationId} ${kind}`, schema, one);
    }
    for (const problem of Object.values(EXAMPLES.problems)) expectShape('a problem', problemSchema, problem);
  });

  it('are still what the flows get', { timeout: 180_000 }, async () => {
    const got = await recordExamples();
    expect(namesOf(got.answers)).toEqual(namesOf(EXAMPLES.answers));
    expect(Object.keys(got.problems).toSorted()).toEqual(Object.keys(EXAMPLES.problems).toSorted());
    expect(Object.keys(got.requests).toSorted()).toEqual(Object.keys(EXAMPLES.requests).toSorted());
  });
});

const namesOf = (recorded: Record<string, Record<string, unknown>>) =>
  Object.entries(recorded)
    .flatMap(([operationId, kinds]) => Object.keys(kinds).map((kind) => `${operationId} ${kind}`))
    .toSorted();
