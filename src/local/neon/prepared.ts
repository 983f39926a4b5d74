import type { StatementResult } from './session.ts';

/** More than the product has. */
const MOST_KEPT = 300;
/** A longer text is one of a kind, such as an INSERT of literals. */
const LONGEST_KEPT = 32_768;
/** What Postgres plans. Everything else is cheap to parse, and may change what the kept ones mean. */
const PLANNED = /^\s*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH)\b/i;
/** Commands after which what is kept still fits; the last is of an empty query. */
const HARMLESS_TAG = /^(?:SELECT|INSERT|UPDATE|DELETE|MERGE|BEGIN|START TRANSACTION|COMMIT|SHOW|$)/;

/** A statement's name, and the columns that it gives: they stay what they are while it is kept. */
interface Kept {
  name: string;
  fields: StatementResult['fields'];
}

/**
 * The statements that a connection keeps parsed and planned, by their text, under names of ours; the one that was used
 * least recently makes room. A client never sees them: it sends its text each time.
 */
export class PreparedStatements {
  readonly #kept = new Map<string, Kept>();
  #made = 0;

  /** What is kept of the text; undefined for one that is not. */
  find(text: string): Kept | undefined {
    const kept = this.#kept.get(text);
    if (kept === undefined) return undefined;
    this.#kept.delete(text);
    this.#kept.set(text, kept);
    return kept;
  }

  /** A new name for a text to be kept under; undefined when it is not worth it. */
  offer(text: string): string | undefined {
    if (text.length > LONGEST_KEPT || !PLANNED.test(text)) return undefined;
    this.#made += 1;
    return `kept_${this.#made}`;
  }

  /** Keeps what was prepared; gives the name of the one that makes room for it. */
  keep(text: string, kept: Kept): string | undefined {
    this.#kept.set(text, kept);
    const [oldest] = this.#kept;
    if (this.#kept.size <= MOST_KEPT || !oldest) return undefined;
    this.#kept.delete(oldest[0]);
    return oldest[1].name;
  }

  /** Gives whether anything was kept. */
  clear(): boolean {
    const had = this.#kept.size > 0;
    this.#kept.clear();
    return had;
  }
}

/** Whether a command may have changed tables or the search path, after which a kept statement might give other columns. */
export const isTouching = (tag: string): boolean => !HARMLESS_TAG.test(tag);
