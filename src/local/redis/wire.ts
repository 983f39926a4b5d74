import type { Backend } from './backend.ts';
import { type Command, encodeCommand, type Reply, ReplyReader } from './resp.ts';

/** One connection to Redis. */
export interface Wire {
  /** Sends commands in one piece, so that nothing of this connection comes between them. */
  write(commands: readonly Command[]): void;
  destroy(): void;
}

/**
 * Opens a connection and hands on every reply that follows the greeting.
 *
 * `onEnd` is called once, whether the other side ended it, it broke, or `destroy` was called.
 */
export function openWire(
  backend: Backend,
  onReply: (reply: Reply) => void,
  onEnd: (reason: Error) => void,
): Wire {
  const stream = backend.connect();
  const reader = new ReplyReader();
  let greetings = backend.greeting.length;
  let reason = new Error('the connection to Redis has ended');
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const reply of reader.push(chunk)) {
        if (greetings > 0) greetings -= 1;
        else onReply(reply);
      }
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
    }
  });
  stream.on('error', (error) => {
    reason = error;
  });
  stream.once('end', () => stream.destroy());
  stream.once('close', () => onEnd(reason));
  const write = (commands: readonly Command[]) => {
    if (commands.length > 0) stream.write(Buffer.concat(commands.map(encodeCommand)));
  };
  write(backend.greeting);
  return { write, destroy: () => void stream.destroy() };
}

/** Commands and their replies over one connection, which is opened again after it was lost. */
export class CommandClient {
  readonly #backend: Backend;
  #wire: Wire | undefined;
  #waiting: PromiseWithResolvers<Reply>[] = [];

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /**
   * Runs commands one after another and gives their replies in order; an error reply is a reply.
   *
   * @throws Error when the connection cannot be made or is lost
   */
  async run(commands: readonly Command[]): Promise<Reply[]> {
    this.#wire ??= this.#open();
    const replies = commands.map(() => Promise.withResolvers<Reply>());
    this.#waiting.push(...replies);
    this.#wire.write(commands);
    return Promise.all(replies.map(({ promise }) => promise));
  }

  close(): void {
    this.#wire?.destroy();
  }

  #open(): Wire {
    return openWire(
      this.#backend,
      (reply) => this.#waiting.shift()?.resolve(reply),
      (reason) => {
        const lost = this.#waiting;
        this.#waiting = [];
        this.#wire = undefined;
        for (const { reject } of lost) reject(reason);
      },
    );
  }
}
