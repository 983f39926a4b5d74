import { errorResponse, MAX_BODY_BYTES, type SqlEngine, SqlError, type SqlResponse } from './wire.ts';

const CORS = { 'access-control-allow-origin': '*' };

/**
 * The HTTP face of the SQL proxy: `POST /sql`, its CORS preflight, and one refusal for everything else.
 *
 * @returns a fetch handler; it never rejects
 */
export function createHttpFace(opening: Promise<SqlEngine>): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname !== '/sql') return unsupported();
    if (request.method === 'OPTIONS') return preflight();
    if (request.method !== 'POST') return unsupported();
    try {
      const body = await readBody(request);
      const engine = await opening;
      return toResponse(await engine.answer({ headers: Object.fromEntries(request.headers), body }));
    } catch (error) {
      return toResponse(errorResponse(error));
    }
  };
}

function toResponse({ status, headers, body }: SqlResponse): Response {
  return new Response(body, { status, headers: { 'content-type': 'application/json', ...CORS, ...headers } });
}

function unsupported(): Response {
  return Response.json('query is not supported', { status: 400 });
}

function preflight(): Response {
  return new Response(null, {
    headers: {
      allow: 'OPTIONS, POST',
      ...CORS,
      'access-control-allow-headers':
        'Authorization, Neon-Connection-String, Neon-Raw-Text-Output, Neon-Array-Mode, Neon-Pool-Opt-In, ' +
        'Neon-Batch-Read-Only, Neon-Batch-Isolation-Level',
      'access-control-max-age': '86400',
    },
  });
}

// Counted while reading: a declared length is a claim of the client.
async function readBody(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      throw new SqlError(`request is too large (max is ${MAX_BODY_BYTES} bytes)`, 413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
