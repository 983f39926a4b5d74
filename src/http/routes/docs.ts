import { z } from '@hono/zod-openapi';
import { createRoute, openToAll, problems, router } from '../contract.ts';
import type { Document } from '../document.ts';

const tags: ['docs'] = ['docs'];

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

/** What the API says of itself. */
export const docs = (document: () => Document) =>
  router().openapi(documentRoute, (c) => c.json({ ...document() }, 200));
