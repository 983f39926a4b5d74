import { z } from '@hono/zod-openapi';
import type { createApp } from '../../src/app.ts';
import type { Examples } from '../../src/http/examples.ts';
import { expectShape } from '../support/hold-to-contract.ts';
import { normaliser } from './normalise.ts';

type App = ReturnType<typeof createApp>;

/** What is sent. `token` null sends none; without one it is the user's. */
interface Call {
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  headers?: Record<string, string>;
  token?: string | null;
}

export interface Recorder {
  /** Calls an operation; the first answer of each kind that it gives is kept as the example. */
  call(operationId: string, call?: Call): Promise<Answered>;
  /** Another flow begins, through this app. Its ids are numbered anew, so that a longer flow changes no other's examples. */
  begin(app: App): void;
  examples(): Examples;
}

interface Answered {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API answered; it was held to its contract
  body: any;
}

/** Of a list, as many items as an example needs. */
const ITEMS_KEPT = 2;

export function createRecorder(first: App, userToken: string): Recorder {
  let app = first;
  const examples: Examples = { requests: {}, answers: {}, problems: {} };
  let normalise = normaliser();

  function keep(operationId: string, mediaType: string, { status, body }: Answered): void {
    if (mediaType === 'application/problem+json') {
      examples.problems[body.code] ??= normalise(body);
    } else if (body !== null && mediaType !== 'text/html') {
      examples.answers[operationId] ??= {};
      examples.answers[operationId][`${status} ${mediaType}`] ??= shorten(normalise(body));
    }
  }

  return {
    examples: () => examples,
    begin(another) {
      app = another;
      normalise = normaliser();
    },
    async call(operationId, { path = {}, query = {}, body, headers, token = userToken } = {}) {
      const route = routeOf(app, operationId);
      const pathname = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(path[name] ?? ''),
      );
      const search = new URLSearchParams(Object.entries(query));
      const response = await app.request(`/api/v1${pathname}?${search}`, {
        method: route.method.toUpperCase(),
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...bodyOf(body),
      });
      const mediaType = response.headers.get('content-type')?.split(';')[0] ?? '';
      const answered = {
        status: response.status,
        body: await readBody(response, mediaType, schemaOf(route, response.status, mediaType)),
        headers: response.headers,
      };
      keep(operationId, mediaType, answered);
      if (response.ok && typeof body === 'object') examples.requests[operationId] ??= normalise(body);
      return answered;
    },
  };
}

function bodyOf(body: unknown): RequestInit {
  if (body === undefined) return {};
  return { body: typeof body === 'string' ? body : JSON.stringify(body) };
}

type Route = ReturnType<typeof routeOf>;

function routeOf(app: App, operationId: string) {
  const route = app.openAPIRegistry.definitions
    .flatMap((definition) => (definition.type === 'route' ? [definition.route] : []))
    .find((contract) => contract.operationId === operationId);
  if (route === undefined) throw new Error(`there is no operation ${operationId}`);
  return route;
}

function schemaOf({ responses }: Route, status: number, mediaType: string): z.ZodType {
  const answer = responses[status];
  const content = answer && 'content' in answer ? answer.content?.[mediaType] : undefined;
  const schema = content && 'schema' in content ? content.schema : undefined;
  return schema instanceof z.ZodType ? schema : z.unknown();
}

/** JSON, text, or of a stream the first event of each type, each of which is what the contract says. */
async function readBody(response: Response, mediaType: string, schema: z.ZodType): Promise<unknown> {
  const text = await response.text();
  if (/\bjson$/.test(mediaType)) return JSON.parse(text);
  if (mediaType !== 'text/event-stream') return text || null;
  const items = new Map<string, unknown>();
  for (const block of text.split('\n\n').filter((part) => part.includes('data: '))) {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const [event = '', id] = [field('event'), field('id')];
    const item = { event, ...(id === undefined ? {} : { id }), data: JSON.parse(field('data') ?? '') };
    expectShape(`the event ${event}`, schema, item);
    if (!items.has(event)) items.set(event, item);
  }
  return Object.fromEntries(items);
}

/** The beginning of what would be too long: of a list some items, of the contract itself its head. */
function shorten(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  if ('openapi' in body && 'info' in body) return { openapi: body.openapi, info: body.info };
  if (!('data' in body) || !Array.isArray(body.data)) return body;
  return { ...body, data: body.data.slice(0, ITEMS_KEPT) };
}
