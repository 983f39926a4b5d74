import { createConfig, lintFromString } from '@redocly/openapi-core';
import { expect, it } from 'vitest';
import { bareApp, bareDocument } from './bare-app.ts';

/** Rules that the strict set leaves out, and the one of its own that a redirect breaks. `routes.test.ts` has that one's meaning. */
const RULES = {
  'operation-2xx-response': 'off',
  'operation-4xx-problem-details-rfc7807': 'error',
  'operation-singular-tag': 'error',
  'operation-tag-defined': 'error',
  'parameter-description': 'error',
  'tag-description': 'error',
  'no-invalid-media-type-examples': 'error',
  'no-invalid-schema-examples': 'error',
  'no-required-schema-properties-undefined': 'error',
  'path-excludes-patterns': { severity: 'error', patterns: ['//', '/$'] },
} as const;

it('passes a strict linter', { timeout: 60_000 }, async () => {
  const source = await (await bareApp().request('/openapi.json')).text();
  const config = await createConfig({ extends: ['recommended-strict'], rules: RULES });
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual(
    [],
  );
});

it('is OpenAPI 3.1 and names the address the API is reached at', async () => {
  const response = await bareApp().request('/openapi.json');
  expect(await response.json()).toMatchObject({
    openapi: '3.1.0',
    servers: [{ url: 'https://cadence.test' }],
  });
});

it('names no schema that may be null: what is named by two routes would be so in both', () => {
  const schemas = Object.entries(bareDocument().components?.schemas ?? {});
  const nullable = schemas.filter(([, schema]) => 'type' in schema && [schema.type].flat().includes('null'));
  expect(nullable.map(([name]) => name)).toEqual([]);
});
