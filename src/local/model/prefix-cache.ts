import { createHash } from 'node:crypto';
import type { ModelEntry } from './catalog.ts';
import type { PromptPiece } from './prompt-pieces.ts';
import { countTokens } from './tokens.ts';

/** How many pieces before a breakpoint are looked at for a prefix that was cached earlier. */
const LOOKBACK = 20;
const TTL_MS = { '5m': 300_000, '1h': 3_600_000 };

/** The tokens of a prompt by what the cache did for them. Together they are all tokens of the prompt. */
export interface InputUsage {
  inputTokens: number;
  readTokens: number;
  written5mTokens: number;
  written1hTokens: number;
}

/**
 * The API's memory of prompt prefixes. A prefix that ends at a breakpoint is kept for its time to live, counted from
 * its last use, per model. Only exact prefixes hit. Source: the prompt caching guide.
 */
export function createPrefixCache(now: () => number) {
  const expiry = new Map<string, number>();

  return {
    /** Accounts for a prompt and remembers its prefixes. */
    use(model: ModelEntry, pieces: PromptPiece[]): InputUsage {
      const at = now();
      for (const [prefix, until] of expiry) if (until <= at) expiry.delete(prefix);

      const prefixes = prefixesOf(model, pieces);
      const total = prefixes.at(-1)?.tokens ?? 0;
      const breakpoints = prefixes.filter(({ ttl, tokens }) => ttl && tokens >= model.minCachedTokens);
      const hit = breakpoints
        .flatMap(({ index }) => prefixes.slice(Math.max(0, index - LOOKBACK), index + 1))
        .findLast(({ hash }) => expiry.has(hash));
      const usage: InputUsage = {
        inputTokens: total - (hit?.tokens ?? 0),
        readTokens: hit?.tokens ?? 0,
        written5mTokens: 0,
        written1hTokens: 0,
      };
      for (const { hash, tokens, ttl } of breakpoints) {
        const counted = total - usage.inputTokens;
        if (tokens > counted) {
          usage[ttl === '1h' ? 'written1hTokens' : 'written5mTokens'] += tokens - counted;
          usage.inputTokens = total - tokens;
        }
        expiry.set(hash, at + TTL_MS[ttl ?? '5m']);
      }
      return usage;
    },
  };
}

function prefixesOf(model: ModelEntry, pieces: PromptPiece[]) {
  let hash: string = model.id;
  let tokens = 0;
  return pieces.map(({ text, ttl }, index) => {
    hash = createHash('sha256').update(`${hash}\n${text}`).digest('base64');
    tokens += countTokens(text);
    return { index, hash, tokens, ttl };
  });
}
