/** A reply in RESP2, the protocol of Redis before HELLO. Strings stay bytes. */
export type Reply =
  | { kind: 'status'; text: string }
  | { kind: 'error'; text: string }
  | { kind: 'integer'; value: number }
  | { kind: 'bulk'; bytes: Buffer }
  | { kind: 'null' }
  | { kind: 'array'; items: Reply[] };

/** A command: its name and its arguments. Bytes are kept as they are. */
export type Command = readonly (string | Buffer)[];

/** The bytes of one command as Redis reads it. */
export function encodeCommand(args: Command): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = typeof arg === 'string' ? Buffer.from(arg) : arg;
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}

/** Cuts a stream of bytes into replies, wherever the chunks happen to end. */
export class ReplyReader {
  #buffer: Buffer = Buffer.alloc(0);

  /**
   * Takes the next chunk and gives the replies that are complete with it.
   *
   * @throws Error when the bytes are not RESP2
   */
  push(chunk: Buffer): Reply[] {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const replies: Reply[] = [];
    let start = 0;
    for (;;) {
      const parsed = parseReply(this.#buffer, start);
      if (parsed === undefined) break;
      replies.push(parsed.reply);
      start = parsed.end;
    }
    this.#buffer = this.#buffer.subarray(start);
    return replies;
  }
}

interface Parsed {
  reply: Reply;
  end: number;
}

/** The reply that begins at `start`, or undefined while its bytes are still on the way. */
function parseReply(buffer: Buffer, start: number): Parsed | undefined {
  const lineEnd = buffer.indexOf('\r\n', start);
  if (lineEnd === -1) return undefined;
  const text = buffer.toString('utf8', start + 1, lineEnd);
  const end = lineEnd + 2;
  const type = String.fromCharCode(buffer[start] ?? 0);
  switch (type) {
    case '+':
      return { reply: { kind: 'status', text }, end };
    case '-':
      return { reply: { kind: 'error', text }, end };
    case ':':
      return { reply: { kind: 'integer', value: Number(text) }, end };
    case '$':
      return parseBulk(buffer, end, Number(text));
    case '*':
      return parseArray(buffer, end, Number(text));
    default:
      throw new Error(`not a RESP2 reply: ${JSON.stringify(type)}`);
  }
}

function parseBulk(buffer: Buffer, start: number, length: number): Parsed | undefined {
  if (length === -1) return { reply: { kind: 'null' }, end: start };
  const end = start + length + 2;
  if (buffer.length < end) return undefined;
  // A copy: the chunk it lies in is shared with its neighbours.
  return { reply: { kind: 'bulk', bytes: Buffer.from(buffer.subarray(start, start + length)) }, end };
}

function parseArray(buffer: Buffer, start: number, length: number): Parsed | undefined {
  if (length === -1) return { reply: { kind: 'null' }, end: start };
  const items: Reply[] = [];
  let end = start;
  for (let index = 0; index < length; index += 1) {
    const parsed = parseReply(buffer, end);
    if (parsed === undefined) return undefined;
    items.push(parsed.reply);
    end = parsed.end;
  }
  return { reply: { kind: 'array', items }, end };
}
