import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { testContext } from '../../test/support/context.ts';
import { openTestDatabase } from '../../test/support/database.ts';
import { createApp } from '../app.ts';
import { problemSchema } from './errors.ts';

const database = await openTestDatabase();
afterAll(() => database.close());

/** Requests made to be expensive. All that sees them is the database, which counts them: the other services of this app throw. */
const app = createApp(testContext({ db: database.db }));
const MIB = 1_048_576;

const send = (
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  headers: Record<string, string> = {},
  path = '/auth/refresh',
) =>
  app.request(
    new Request(`http://cadence.test${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
      duplex: 'half',
    }),
  );
const codeOf = async (response: Response) => {
  const text = await response.text();
  expect(text.length).toBeLessThan(16_384);
  return `${response.status} ${problemSchema.parse(JSON.parse(text)).code}`;
};

/** A body that is made while it is read, and how much of it was. */
function counted(chunk: Uint8Array, pause?: Promise<void>) {
  const made = { bytes: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await pause;
      made.bytes += chunk.byteLength;
      controller.enqueue(chunk);
    },
    cancel() {
      made.cancelled = true;
    },
  });
  return { stream, made };
}

const zip = async (text: string, format: 'gzip' | 'deflate' | 'deflate-raw') =>
  new Uint8Array(
    await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream(format))).arrayBuffer(),
  );

afterEach(() => {
  vi.useRealTimers();
});

describe('a body that is more than it seems', () => {
  it.each([
    ['nested deeply', '['.repeat(500_000)],
    ['of nested objects', '{"a":'.repeat(200_000)],
    ['with many items', `[${'1,'.repeat(500_000)}1]`],
    ['with many keys', `{${Array.from({ length: 90_000 }, (_, n) => `"k${n}":1`).join()}}`],
    ['with one key many times', `{${'"a":1,'.repeat(150_000)}"a":1}`],
    ['with one key twice', '{"refreshToken":"a","refresh\\u0054oken":"b"}'],
    ['with a prototype', '{"refreshToken":"a","__proto__":{"admin":true}}'],
    ['with a NUL', '{"refreshToken":"a\\u0000"}'],
  ])('%s is refused before it is parsed', async (_, body) => {
    const parse = vi.spyOn(JSON, 'parse');
    const response = await send(body);
    const parsed = Math.max(0, ...parse.mock.calls.map(([text]) => text.length));
    parse.mockRestore();
    expect(parsed).toBeLessThan(100);
    expect(await codeOf(response)).toBe('400 malformedRequest');
  });

  it.each(['gzip', 'deflate', 'deflate-raw'] as const)('packed with %s is never unpacked', async (format) => {
    const packed = await zip(' '.repeat(50 * MIB), format);
    expect(packed.byteLength).toBeLessThan(MIB);
    const unpack = vi.spyOn(globalThis, 'DecompressionStream');
    expect(await codeOf(await send(packed, { 'content-encoding': format }))).toBe('415 bodyEncoded');
    expect(unpack).not.toHaveBeenCalled();
    unpack.mockRestore();
    // Without the header it is a body like any other, and no JSON.
    expect(await codeOf(await send(packed))).toBe('400 malformedRequest');
  });

  it.each(['br', 'GZIP', 'gzip, gzip', 'zstd', 'x', 'identity, gzip'])(
    'that says %j of its encoding is refused unread',
    async (encoding) => {
      const { stream, made } = counted(new Uint8Array(65_536));
      expect(await codeOf(await send(stream, { 'content-encoding': encoding }))).toBe('415 bodyEncoded');
      expect(made.cancelled).toBe(true);
      expect(made.bytes).toBeLessThanOrEqual(65_536);
    },
  );

  it('that is as it is may say so', async () => {
    const response = await send('{"refreshToken":"nonsense"}', { 'content-encoding': 'identity' });
    expect(await codeOf(response)).toBe('401 refreshTokenInvalid');
  });
});

describe('a body that is not what it says', () => {
  it('is not read past the limit, however short it says it is', async () => {
    const { stream, made } = counted(new Uint8Array(65_536).fill(0x20));
    expect(await codeOf(await send(stream, { 'content-length': '2' }))).toBe('413 bodyTooLarge');
    expect(made.bytes).toBeLessThanOrEqual(MIB + 2 * 65_536);
    expect(made.cancelled).toBe(true);
  });

  it('is not read at all when it says that it is too long', async () => {
    const { stream, made } = counted(new Uint8Array(65_536).fill(0x20));
    expect(await codeOf(await send(stream, { 'content-length': '999999999999' }))).toBe('413 bodyTooLarge');
    expect(made.bytes).toBeLessThanOrEqual(65_536);
  });

  it('is refused when it breaks off', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new TypeError('the connection was lost')),
    });
    expect(await codeOf(await send(broken))).toBe('400 malformedRequest');
  });

  it('has thirty seconds, however slowly it drips', async () => {
    vi.useFakeTimers();
    let sent = 0;
    const dripping = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        sent += 1;
        controller.enqueue(new Uint8Array([0x20]));
      },
    });
    const answer = send(dripping);
    await vi.advanceTimersByTimeAsync(29_900);
    await vi.advanceTimersByTimeAsync(200);
    expect(await codeOf(await answer)).toBe('400 malformedRequest');
    expect(sent).toBeLessThanOrEqual(31);
  });

  it.each([[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]])(
    'is refused when it is not UTF-8: %j %j',
    async (...bytes) => {
      const [open, close] = ['{"refreshToken":"', '"}'].map((text) => new TextEncoder().encode(text));
      const body = new Uint8Array([...(open ?? []), ...bytes, ...(close ?? [])]);
      expect(await codeOf(await send(body))).toBe('400 malformedRequest');
    },
  );
});

describe('an answer to a body full of errors', () => {
  it('names some of them, cut short', async () => {
    const key = 'k'.repeat(40_000);
    const keys = Array.from({ length: 15_000 }, (_, n) => `"${n === 0 ? key : `k${n}`}":1`).join();
    const response = await send(`{${keys}}`);
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(text.length).toBeLessThan(16_384);
    const { detail, errors } = problemSchema.parse(JSON.parse(text));
    expect(errors).toHaveLength(50);
    expect(detail).toMatch(/ and \d+ more\.$/);
  });
});

describe('a head that is too large', () => {
  it.each([
    ['address', '/tools/'.padEnd(9_000, 'x'), {}],
    ['query', `/agents?cursor=${'x'.repeat(9_000)}`, {}],
    ['header', '/tools', { authorization: `Bearer ${'x'.repeat(40_000)}` }],
    [
      'number of headers',
      '/tools',
      Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`x-header-${n}`, 'some value'])),
    ],
  ])('in its %s is refused', async (_, path, headers) => {
    expect(await codeOf(await app.request(path, { headers: new Headers(headers) }))).toBe(
      '400 malformedRequest',
    );
  });
});
