import { beforeAll, describe, expect, it } from 'vitest';
import { bareApp } from '../../../test/contract/bare-app.ts';
import { door } from '../../../test/support/door.ts';
import { PROBLEMS } from '../errors.ts';
import { TAGS } from '../tags.ts';

const api = door(bareApp());
const paths = ['/docs', '/docs/errors', '/docs/schemas', ...Object.keys(TAGS).map((tag) => `/docs/${tag}`)];
const pages = new Map<string, string>();

beforeAll(async () => {
  for (const path of paths) {
    const { status, headers, body } = await api.get(path);
    expect([path, status, headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=UTF-8']);
    pages.set(path, body);
  }
});

describe('the pages of the documentation', () => {
  it('have every operation and every code', async () => {
    const document = (await api.get('/openapi.json')).body;
    const names = Object.values(document.paths).flatMap((item) =>
      Object.values(Object(item)).map((operation) => Object(operation).operationId),
    );
    const headings = Object.keys(TAGS)
      .map((tag) => pages.get(`/docs/${tag}`))
      .join();
    expect(names.filter((name) => !headings.includes(`id="${name}"`))).toEqual([]);
    const errors = pages.get('/docs/errors') ?? '';
    expect(Object.keys(PROBLEMS).filter((code) => !errors.includes(`id="${code}"`))).toEqual([]);
  });

  it('lead only to what is there', () => {
    const links = [...pages.values()].flatMap((page) =>
      [...page.matchAll(/href="([^"]+)"/g)].map(([, to = '']) => to),
    );
    const broken = [...new Set(links)].filter((link) => {
      const [path = '', anchor] = link.split('#');
      if (['/openapi.json', '/docs/style.css'].includes(path)) return false;
      const page = pages.get(path);
      return page === undefined || (anchor !== undefined && !page.includes(`id="${anchor}"`));
    });
    expect(broken).toEqual([]);
  });

  it('need no script, no other host, and nothing inline', async () => {
    for (const page of pages.values())
      expect(page).not.toMatch(/<script|<style|style=|\son\w+=|src=|href="http/);
    const policyOf = async (path: string) => (await api.get(path)).headers.get('content-security-policy');
    const strict = await policyOf('/openapi.json');
    expect(strict).toMatch(/^default-src 'none';/);
    expect(await policyOf('/docs')).toBe(`${strict}; style-src 'self'`);
  });

  it('show text as it is', () => {
    expect(pages.get('/docs/runs')).toContain('&quot;');
    expect(pages.get('/docs/agents')).toContain('<code>nextCursor</code>');
  });

  it('come with a style sheet for light and dark', async () => {
    const { body, headers } = await api.get('/docs/style.css');
    expect(headers.get('content-type')).toContain('text/css');
    expect(body).toContain('light-dark(');
  });
});

it('there is no page of anything else', async () => {
  const { status, body } = await api.get('/docs/nonsense');
  expect([status, body.code]).toEqual([404, 'notFound']);
});
