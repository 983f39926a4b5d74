import { createMiddleware } from 'hono/factory';
import { AppError } from '../domain/errors.ts';
import type { AppEnv } from './app-env.ts';
import { jsonHazard } from './json-hazard.ts';

/** The largest body we read, in bytes. */
const MAX_BODY_BYTES = 1_048_576;
/** How long a whole body may take. A phone far out needs some time for a long prompt. */
const BODY_TIMEOUT_MS = 30_000;

/**
 * Reads the body once, counting as it comes because a declared length may lie, and passes it on
 * whole. Refuses what would be trouble further in: a compressed body, which is never inflated, text that is not UTF-8, and JSON
 * that is more than it seems (`jsonHazard`).
 */
export const readBody = createMiddleware<AppEnv>(async (c, next) => {
  const stream = c.req.raw.body;
  if (stream !== null) {
    try {
      refuseByHead(c.req.raw.headers);
    } catch (error) {
      await stream.cancel().catch(() => undefined);
      throw error;
    }
    const body = await readCapped(stream);
    if (/^application\/([\w.-]+\+)?json\b/i.test(c.req.header('content-type') ?? '')) refuseHazards(body);
    const { url, method, headers, signal } = c.req.raw;
    c.req.raw = new Request(url, { method, headers, signal, body });
  }
  await next();
});

/** What a body says of itself is believed where it speaks against it. */
function refuseByHead(headers: Headers): void {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') {
    throw new AppError('bodyEncoded', 'Send the body as it is, without Content-Encoding.');
  }
  if (Number(headers.get('content-length')) > MAX_BODY_BYTES) throw tooLarge();
}

const tooLarge = () => new AppError('bodyTooLarge', `A body may have ${MAX_BODY_BYTES} bytes at most.`);

async function readCapped(stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  const deadline = startDeadline();
  try {
    for (;;) {
      const read = await Promise.race([reader.read(), deadline.passed]);
      if (read.done) break;
      size += read.value.byteLength;
      if (size > MAX_BODY_BYTES) throw tooLarge();
      chunks.push(read.value);
    }
  } catch (error) {
    // Not waited for: whoever sends nothing may not answer this either.
    void reader.cancel().catch(() => undefined);
    if (error instanceof AppError) throw error;
    throw new AppError('malformedRequest', 'The body broke off.', { cause: error });
  } finally {
    deadline.stop();
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body.buffer;
}

function startDeadline(): { passed: Promise<never>; stop(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(
        new AppError('malformedRequest', `The body did not arrive in ${BODY_TIMEOUT_MS / 1_000} seconds.`),
      ),
    BODY_TIMEOUT_MS,
  );
  promise.catch(() => undefined);
  return { passed: promise, stop: () => clearTimeout(timer) };
}

function refuseHazards(body: ArrayBuffer): void {
  const bytes = new Uint8Array(body);
  const hazard = isUtf8(bytes) ? jsonHazard(bytes) : 'The body is not UTF-8.';
  if (hazard !== null) throw new AppError('malformedRequest', hazard);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
