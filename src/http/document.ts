import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from './app-env.ts';
import { ORGANISATION_HEADER } from './authenticate.ts';
import { PROBLEMS } from './errors.ts';
import { EXAMPLES } from './examples.ts';
import { webhookHeaders, webhookMessageSchemas } from './routes/webhook-schema.ts';
import { TAGS } from './tags.ts';

/** The part of OpenAPI's Response Object that is finished here. */
interface ResponseObject {
  headers?: Record<string, unknown>;
  content?: Record<string, object>;
}

/** The part of OpenAPI's Header Object that we write. */
interface HeaderObject {
  description: string;
  schema: { type: 'string' | 'integer'; examples: unknown[] };
}

type Registered = Pick<OpenAPIHono<AppEnv>, 'openAPIRegistry' | 'getOpenAPI31Document'>;
export type Document = ReturnType<Registered['getOpenAPI31Document']>;

/** What answers carry besides their body, by the status they come with. */
const HEADERS: Record<string, HeaderObject & { on(status: string): boolean }> = {
  'X-Request-Id': {
    on: () => true,
    description: 'Finds the request in our log; problems name it as well',
    schema: { type: 'string', examples: ['req_01h455vb4pex5vsknk084sn02q'] },
  },
  'WWW-Authenticate': {
    on: (status) => status === '401',
    description: 'RFC 6750',
    schema: { type: 'string', examples: ['Bearer realm="cadence"'] },
  },
  'Retry-After': {
    on: (status) => status === '429' || status === '503',
    description: 'Seconds to wait before the next try, where we know',
    schema: { type: 'integer', examples: [2] },
  },
};

const DESCRIPTION = `The backend for coding agents that people start by voice from a phone.

Errors are problem json (RFC 9457): decide by \`code\`, which is stable. Lists are \`{data, nextCursor}\`. Times are RFC 3339, in UTC.
Fields may be added to answers at any time, and new types to events: ignore what you do not know.`;

/**
 * The OpenAPI 3.1 document, written from the contracts that validate, so that it cannot say anything else. It is made
 * when first asked for, after all routes have been mounted.
 */
export function openApiDocument(app: Registered, publicUrl: string): () => Document {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent('securitySchemes', 'accessToken', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'The `accessToken` of a sign-in or refresh, which lives 15 minutes; or a token of an issuer that the deployment trusts.',
  });
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'cad_<prefix>_<secret>',
    description:
      'A key made at `POST /api-keys`, for programs. It acts for its organisation as whoever made it, within its scopes; `x-permission` of an operation says which of them it needs.',
  });
  registry.registerComponent('securitySchemes', 'ticket', {
    type: 'apiKey',
    in: 'query',
    name: 'ticket',
    description:
      'A ticket from `POST /tickets`, for clients that can set no headers, such as the `EventSource` of browsers. It opens its one stream once, within a minute.',
  });
  for (const [name, { on: _, ...header }] of Object.entries(HEADERS)) {
    registry.registerComponent('headers', name, header);
  }
  for (const [code, { title }] of Object.entries(PROBLEMS)) {
    const value = EXAMPLES.problems[code];
    if (value !== undefined) registry.registerComponent('examples', code, { summary: title, value });
  }
  registry.registerComponent('parameters', 'Organisation', {
    name: ORGANISATION_HEADER,
    in: 'header',
    description: 'The organisation to act for; your personal one without it',
    schema: { type: 'string', examples: ['org_01h455vb4pex5vsknk084sn02q'] },
  });
  for (const [name, schema] of Object.entries(webhookMessageSchemas)) {
    registry.registerWebhook({
      method: 'post',
      path: name,
      operationId: `receive${name === 'test' ? 'Test' : 'Event'}`,
      tags: ['webhooks'],
      summary: name === 'test' ? 'A test that somebody asked for' : 'An event of a run',
      description:
        'Sent to the webhook endpoints of the organisation, and again until one of their answers is 2xx; 410 disables the endpoint',
      security: [],
      request: {
        headers: webhookHeaders,
        body: { required: true, content: { 'application/json': { schema } } },
      },
      responses: {
        200: { description: 'It has arrived; any other 2xx says so too' },
      },
    });
  }
  let document: Document | undefined;
  return () => {
    document ??= finished(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: {
          title: 'Cadence',
          version: '1.0.0',
          description: DESCRIPTION,
          license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
        },
        servers: [{ url: publicUrl }],
        tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      }),
    );
    return document;
  };
}

/** Adds what no route says itself: the headers of every answer, and examples. */
function finished(document: Document): Document {
  for (const { operation } of operationsOf(document)) {
    const { operationId = '', requestBody, responses = {} } = operation;
    const request = EXAMPLES.requests[operationId];
    if (requestBody && 'content' in requestBody && request !== undefined) {
      for (const content of Object.values(requestBody.content)) content.example = request;
    }
    if (operation.security?.length) {
      operation.parameters = [
        ...(operation.parameters ?? []),
        { $ref: '#/components/parameters/Organisation' },
      ];
    }
    for (const [status, answer] of Object.entries<ResponseObject>(responses)) {
      const names = Object.entries(HEADERS).flatMap(([name, { on }]) => (on(status) ? [name] : []));
      const common = names.map((name) => [name, { $ref: `#/components/headers/${name}` }]);
      answer.headers = { ...answer.headers, ...Object.fromEntries(common) };
      for (const [mediaType, content] of Object.entries(answer.content ?? {})) {
        const example = EXAMPLES.answers[operationId]?.[`${status} ${mediaType}`];
        if (example !== undefined) Object.assign(content, exampleOf(mediaType, example));
      }
    }
  }
  return document;
}

/** A stream has an example of each of its events. */
function exampleOf(mediaType: string, example: unknown): object {
  if (mediaType !== 'text/event-stream' || typeof example !== 'object' || example === null)
    return { example };
  return { examples: Object.fromEntries(Object.entries(example).map(([type, value]) => [type, { value }])) };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Every operation of a document, in the order of the routes. */
export const operationsOf = (document: Document) =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, method, operation }];
    }),
  );
