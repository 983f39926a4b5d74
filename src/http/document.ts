import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from './app-env.ts';

type Registered = Pick<OpenAPIHono<AppEnv>, 'openAPIRegistry' | 'getOpenAPI31Document'>;
type Document = ReturnType<Registered['getOpenAPI31Document']>;

/**
 * The OpenAPI 3.1 document, written from the contracts that validate, so that it cannot say anything else. It is made
 * when first asked for, after all routes have been mounted.
 */
export function openApiDocument(app: Registered, publicUrl: string): () => Document {
  app.openAPIRegistry.registerComponent('securitySchemes', 'accessToken', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `accessToken` of a sign-in or refresh. It lives 15 minutes.',
  });
  let document: Document | undefined;
  return () => {
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'Cadence',
        version: '1.0.0',
        description: 'The backend for coding agents that people start by voice from a phone.',
      },
      servers: [{ url: publicUrl }],
    });
    return document;
  };
}
