import { afterAll, describe, expect, it } from 'vitest';
import { testContext } from '../test/support/context.ts';
import { openTestDatabase } from '../test/support/database.ts';
import { door } from '../test/support/door.ts';
import { tokenFor } from '../test/support/token.ts';
import { createApp } from './app.ts';
import { problemSchema } from './http/errors.ts';

const database = await openTestDatabase();
afterAll(() => database.close());
const context = testContext({ db: database.db });
const app = createApp(context);
const api = door(app);
const MIB = 1_048_576;

/** Endpoints that anyone may use; everything else must refuse strangers. */
const OPEN = [
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/style.css',
  'GET /docs/errors',
  'GET /docs/schemas',
  'GET /docs/{heading}',
  'GET /health',
  'GET /ready',
  'GET /health/ready',
  'GET /auth/github/authorize',
  'POST /auth/github',
  'POST /auth/refresh',
  'POST /auth/logout',
];

const contracts = app.openAPIRegistry.definitions.flatMap((definition) =>
  definition.type === 'route' ? [definition.route] : [],
);
const isOpen = ({ method, path }: { method: string; path: string }) =>
  OPEN.includes(`${method.toUpperCase()} ${path}`) || path.startsWith('/callbacks/');

describe('the route table', () => {
  it.each(['/health', '/api/health', '/api/v1/health'])('serves %s', async (path) => {
    expect((await api.get(path)).status).toBe(200);
  });

  it.each([
    '/nothing',
    '/api/nothing',
    '/api/v1/nothing',
    '/',
    '/api',
    '/api/v2/health',
    '/apihealth',
    '/healthy',
  ])('has nothing at %s', async (path) => {
    const { status, body } = await api.get(path);
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'notFound', status: 404 });
  });

  it.each(contracts.filter((contract) => !isOpen(contract)))(
    'closes $method $path to strangers',
    async (contract) => {
      const path = contract.path.replaceAll(/\{\w+\}/g, 'x');
      const response = await app.request(path, { method: contract.method.toUpperCase() });
      expect(response.status).toBe(401);
      expect(contract.security).toContainEqual({ accessToken: [] });
    },
  );

  it.each(contracts)('describes $method $path with a summary, a tag and every common failure', (contract) => {
    expect(contract.summary).toBeTruthy();
    expect(contract.tags).toHaveLength(1);
    expect(Object.keys(contract.responses)).toEqual(expect.arrayContaining(['400', '500', '503']));
    if (!isOpen(contract)) expect(contract.responses[401]).toBeDefined();
    if (contract.request?.body) expect(contract.responses[413]).toBeDefined();
  });
});

describe('every answer', () => {
  it('has an id of ours that the log knows', async () => {
    const { headers } = await api.get('/health', { headers: { 'x-request-id': 'chosen-by-the-caller' } });
    const requestId = headers.get('x-request-id') ?? '';
    expect(requestId).toMatch(/^req_/);
    expect(JSON.parse(context.lines.at(-1) ?? '')).toMatchObject({
      event: 'request',
      requestId,
      method: 'GET',
      route: '/api/v1/health',
      status: 200,
      durationMs: 0,
    });
  });

  it('carries security headers and is not kept by anyone, errors included', async () => {
    for (const path of ['/health', '/nothing', '/tools']) {
      const { headers } = await api.get(path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('strict-transport-security')).toMatch(/^max-age=63072000/);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('permissions-policy')).toContain('camera=()');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('x-request-id')).toMatch(/^req_/);
    }
  });
});

describe('a body', () => {
  const send = (body: string | Blob | null, contentType: string | null = 'application/json') =>
    app.request('/auth/refresh', {
      method: 'POST',
      body,
      headers: contentType === null ? {} : { 'content-type': contentType },
    });
  const codeOf = async (response: Response) => {
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const { code } = problemSchema.parse(await response.json());
    return `${response.status} ${code}`;
  };

  it('must be JSON', async () => {
    for (const text of ['', '{', '{"a":}', 'null;', "{'a':1}"]) {
      expect(await codeOf(await send(text))).toBe('400 malformedRequest');
    }
  });

  it('must be the right JSON', async () => {
    for (const text of ['null', '[]', '7', '"text"', '{}']) {
      expect(await codeOf(await send(text))).toBe('400 validationFailed');
    }
  });

  it('must say that it is JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      expect(await codeOf(await send('{"refreshToken":"a"}', type))).toBe('415 unsupportedMediaType');
    }
    expect(await codeOf(await send(new Blob(['{"refreshToken":"a"}']), null))).toBe(
      '415 unsupportedMediaType',
    );
  });

  it('may be missing only where nothing is required', async () => {
    expect(await codeOf(await send(null, null))).toBe('400 validationFailed');
  });

  it('may say how it is written', async () => {
    const response = await send('{"refreshToken":"nonsense"}', 'application/json; charset=utf-8');
    expect(await codeOf(response)).toBe('401 refreshTokenInvalid');
  });

  it('is counted while it is read, whatever length it declares', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    const request = new Request('http://cadence.test/auth/refresh', {
      method: 'POST',
      body: endless,
      headers: { 'content-type': 'application/json', 'content-length': '2' },
      duplex: 'half',
    });
    expect(await codeOf(await app.request(request))).toBe('413 bodyTooLarge');
    expect(sent).toBeLessThan(2 * MIB);
  });

  it('of exactly the limit is read', async () => {
    const text = '{"refreshToken":"nonsense"}';
    expect(await codeOf(await send(text + ' '.repeat(MIB - text.length)))).toBe('401 refreshTokenInvalid');
    expect(await codeOf(await send(text + ' '.repeat(MIB - text.length + 1)))).toBe('413 bodyTooLarge');
  });

  it('nested too deeply or with a NUL is refused before anyone trips over it', async () => {
    expect(await codeOf(await send('['.repeat(100_000)))).toBe('400 malformedRequest');
    expect(await codeOf(await send('{"refreshToken":"a\\u0000"}'))).toBe('400 malformedRequest');
    expect((await app.request('/tools/a%00b')).status).toBe(400);
  });
});

describe('GET /openapi.json', () => {
  it('is an OpenAPI 3.1 document of the canonical paths, open to all', async () => {
    const { status, body } = await api.get('/openapi.json');
    expect(status).toBe(200);
    expect(body.openapi).toBe('3.1.0');
    expect(body.servers).toEqual([{ url: 'https://cadence.test' }]);
    expect(Object.keys(body.paths)).toContain('/api/v1/auth/refresh');
    expect(Object.keys(body.paths)).toHaveLength(new Set(contracts.map(({ path }) => path)).size);
    expect(body.components.securitySchemes.accessToken).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('stays the same document', async () => {
    const token = await tokenFor(context);
    const first = await api.get('/openapi.json');
    expect((await api.get('/api/v1/openapi.json', { token })).body).toEqual(first.body);
  });
});
