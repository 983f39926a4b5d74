import { createMiddleware } from 'hono/factory';
import { AppError } from '../domain/errors.ts';
import type { AppEnv } from './app-env.ts';
import { jsonHazard } from './json-hazard.ts';

/** The largest body we read, in bytes. */
const MAX_BODY_BYTES = 1_048_576;

/**
 * Reads the body once, counting as it comes because a declared length may lie, and passes it on
 * whole. Refuses what would be trouble further in: JSON nested deeply, and NUL, which Postgres cannot store.
 */
export const readBody = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.url.includes('%00')) {
    throw new AppError('malformedRequest', 'The address contains a NUL character.');
  }
  const stream = c.req.raw.body;
  if (stream !== null) {
    const body = await readCapped(stream);
    if (/^application\/([\w.-]+\+)?json\b/i.test(c.req.header('content-type') ?? '')) refuseHazards(body);
    const { url, method, headers, signal } = c.req.raw;
    c.req.raw = new Request(url, { method, headers, signal, body });
  }
  await next();
});

async function readCapped(stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await reader.cancel();
      throw new AppError('bodyTooLarge', `A body may have ${MAX_BODY_BYTES} bytes at most.`);
    }
    chunks.push(read.value);
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body.buffer;
}

function refuseHazards(body: ArrayBuffer): void {
  const hazard = jsonHazard(new Uint8Array(body));
  if (hazard !== null) throw new AppError('malformedRequest', hazard);
}
