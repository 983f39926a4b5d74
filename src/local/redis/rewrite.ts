import { createHash } from 'node:crypto';
import { commandName } from './policy.ts';
import type { Command, Reply } from './resp.ts';

/** A command as the Redis behind us understands it, and its reply as the client expects it. */
export interface Rewritten {
  command: Command;
  reply(reply: Reply): Reply;
}

// Upstash's own first line of a script; neither Redis nor js-redis-server takes the flag.
const KEY_LOCKING_LINE = /^#!lua[^\n]*\bflags=[^\n]*\ballow-key-locking\b[^\n]*/;
const same = (reply: Reply): Reply => reply;

/**
 * Rewrites what only Upstash understands: scripts that begin with `#!lua flags=allow-key-locking`, which clients know
 * by the SHA-1 of the whole text. Remembers which text that was; whether it is loaded stays Redis's to say.
 */
export class Rewriter {
  readonly #shas = new Map<string, string>();

  rewrite(command: Command): Rewritten {
    const [first = '', second = '', ...rest] = command;
    switch (commandName(command)) {
      case 'EVAL':
      case 'EVAL_RO':
        return {
          command: command.length < 2 ? command : [first, this.#strip(second).script, ...rest],
          reply: same,
        };
      case 'EVALSHA':
      case 'EVALSHA_RO':
        return { command: command.length < 2 ? command : [first, this.#known(second), ...rest], reply: same };
      case 'SCRIPT':
        return this.#rewriteScript(command);
      case 'ECHO':
        // js-redis-server has no ECHO; PING with an argument answers the same.
        return { command: command.length === 2 ? ['PING', second] : command, reply: same };
      default:
        return { command, reply: same };
    }
  }

  #rewriteScript(command: Command): Rewritten {
    const [script = '', subcommand = '', ...args] = command;
    switch (String(subcommand).toUpperCase()) {
      case 'LOAD': {
        const [text] = args;
        if (text === undefined || args.length > 1) return { command, reply: same };
        const { script: stripped, sha } = this.#strip(text);
        const loaded: Reply = { kind: 'bulk', bytes: Buffer.from(sha) };
        return {
          command: [script, subcommand, stripped],
          reply: (reply) => (reply.kind === 'error' ? reply : loaded),
        };
      }
      case 'EXISTS':
        return { command: [script, subcommand, ...args.map((sha) => this.#known(sha))], reply: same };
      default:
        return { command, reply: same };
    }
  }

  /** The script without the line (an empty one keeps the line numbers), and the SHA-1 of the original. */
  #strip(original: string | Buffer): { script: string; sha: string } {
    const text = String(original);
    const script = text.replace(KEY_LOCKING_LINE, '');
    const sha = sha1(text);
    if (script !== text) this.#shas.set(sha, sha1(script));
    return { script, sha };
  }

  #known(sha: string | Buffer): string {
    const given = String(sha).toLowerCase();
    return this.#shas.get(given) ?? given;
  }
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
