import { describe, expect, it } from 'vitest';
import { operationsOf } from '../../src/http/document.ts';
import { TAGS } from '../../src/http/tags.ts';
import { bareApp } from './bare-app.ts';

/** Doors for QStash and GitHub alone. Everything else that the app serves is public, and documented. */
const PRIVATE = /^\/api\/v1\/(callbacks|webhooks)\//;

const app = bareApp();
const document = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } });
const operations = operationsOf(document);

/** What the app serves, middleware aside, as the document would write it. */
const served = new Set(
  app.routes
    .filter(({ method, path }) => method !== 'ALL' && !PRIVATE.test(path))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
);

describe('the routes of the app', () => {
  it('are all documented, and no others', () => {
    const documented = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(documented.toSorted()).toEqual([...served].toSorted());
  });

  it('have one name each, a verb and a noun', () => {
    const names = operations.map(({ operation }) => operation.operationId ?? '');
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    expect(names.filter((name) => !/^[a-z]+([A-Z][a-z]+)+$/.test(name))).toEqual([]);
  });

  it('say what they are for, who may call them, and under which heading they stand', () => {
    const silent = operations.filter(
      ({ operation: { summary, security, tags } }) =>
        !summary || !security || tags?.length !== 1 || !Object.hasOwn(TAGS, tags[0] ?? ''),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('describe every parameter', () => {
    const silent = operations.flatMap(({ method, path, operation }) =>
      (operation.parameters ?? []).flatMap((parameter) =>
        'name' in parameter && (parameter.description ?? describedIn(parameter.schema)) === undefined
          ? [`${method} ${path} ${parameter.name}`]
          : [],
      ),
    );
    expect(silent).toEqual([]);
  });

  it('say how they are repeated, where they do something for a caller they know', () => {
    const keyed = operations.filter(({ operation: { parameters } }) =>
      parameters?.some((parameter) => 'name' in parameter && parameter.name === 'Idempotency-Key'),
    );
    const acting = operations.filter(
      ({ method, operation }) => method === 'post' && operation.security?.length,
    );
    expect(keyed).toEqual(acting);
    expect(keyed.filter(({ operation: { responses } }) => !responses?.[409] || !responses[422])).toEqual([]);
  });

  it('answer a good request with something, and say that any may fail', () => {
    const answers = operations.map(({ path, operation }) => ({
      path,
      statuses: Object.keys(operation.responses ?? {}),
    }));
    expect(answers.filter(({ statuses }) => !statuses.some((status) => /^[23]/.test(status)))).toEqual([]);
    expect(
      answers.filter(({ statuses }) => !['400', '500', '503'].every((s) => statuses.includes(s))),
    ).toEqual([]);
  });
});

const describedIn = (schema: unknown) =>
  typeof schema === 'object' && schema !== null && 'description' in schema ? schema.description : undefined;
