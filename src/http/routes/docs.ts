import { z } from '@hono/zod-openapi';
import type { HtmlEscapedString } from 'hono/utils/html';
import { AppError } from '../../domain/errors.ts';
import type { RequestContext } from '../app-env.ts';
import { createRoute, openToAll, problems, router } from '../contract.ts';
import { STYLE } from '../docs/layout.ts';
import { errorsPage, indexPage, schemasPage, tagPage } from '../docs/pages.ts';
import type { Document } from '../document.ts';
import { isTag, TAGS } from '../tags.ts';

const tags: ['docs'] = ['docs'];
const page = { description: 'The page', content: { 'text/html': { schema: z.string() } } };

const documentRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  operationId: 'getContract',
  tags,
  summary: 'This contract, as an OpenAPI 3.1 document',
  security: openToAll,
  responses: {
    200: {
      description: 'The document',
      content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } },
    },
    ...problems(),
  },
});

const pageRoute = <Path extends string>(path: Path, operationId: string, summary: string) =>
  createRoute({
    method: 'get',
    path,
    operationId,
    tags,
    summary,
    security: openToAll,
    responses: { 200: page, ...problems() },
  });

const styleRoute = createRoute({
  method: 'get',
  path: '/docs/style.css',
  operationId: 'getDocsStyle',
  tags,
  summary: 'What the pages look like',
  security: openToAll,
  responses: {
    200: { description: 'A style sheet', content: { 'text/css': { schema: z.string() } } },
    ...problems(),
  },
});

const headingRoute = createRoute({
  method: 'get',
  path: '/docs/{heading}',
  operationId: 'readHeading',
  tags,
  summary: 'A page of one heading: its operations, what they take and answer, and examples',
  security: openToAll,
  request: {
    params: z.object({
      heading: z
        .string()
        .openapi({ description: `One of: ${Object.keys(TAGS).join(', ')}`, example: 'agents' }),
    }),
  },
  responses: { 200: page, ...problems('notFound') },
});

/** What the API says of itself, for programs and for people. It changes with a deployment only. */
export const docs = (document: () => Document) =>
  router()
    .openapi(documentRoute, (c) => c.json({ ...document() }, 200))
    .openapi(styleRoute, (c) => {
      c.header('cache-control', 'public, max-age=3600');
      return c.body(STYLE, 200, { 'content-type': 'text/css; charset=utf-8' });
    })
    .openapi(pageRoute('/docs', 'readDocs', 'An index of all operations, for people'), (c) =>
      answer(c, indexPage(document())),
    )
    .openapi(pageRoute('/docs/errors', 'readErrors', 'Every error code and what to do about it'), (c) =>
      answer(c, errorsPage()),
    )
    .openapi(
      pageRoute('/docs/schemas', 'readSchemas', 'Everything that requests and answers are made of'),
      (c) => answer(c, schemasPage(document())),
    )
    .openapi(headingRoute, (c) => {
      const { heading } = c.req.valid('param');
      if (!isTag(heading)) throw new AppError('notFound', 'There is no such page.');
      return answer(c, tagPage(document(), heading));
    });

function answer(c: RequestContext, markup: HtmlEscapedString | Promise<HtmlEscapedString>) {
  c.header('cache-control', 'public, max-age=300');
  return c.html(markup, 200);
}
