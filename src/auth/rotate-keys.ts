import { open, SealError, type SealingKeys, seal, sealPrefix } from '../crypto/seal.ts';
import { SEALED } from '../crypto/sealed.ts';
import type { Database } from '../store/database.ts';
import { readSealed, replaceSealed, type SealedColumn, type SealedText } from '../store/reseal.ts';

/** How many rows are written at a time. */
const AT_ONCE = 8;

/** A text that was left as it is, by its place (table, row and field), and why. */
interface Unopened {
  place: string;
  reason: string;
}

export interface Rotation {
  /** How many texts were sealed with the first key. */
  resealed: number;
  /** What none of the keys opens. */
  unopened: Unopened[];
}

type Place = (typeof SEALED)[keyof typeof SEALED];

/**
 * Seals all that is sealed with the first of the keys, while others read and write. A text that changed meanwhile is looked at again, so
 * it goes round until there is nothing left to do; stopped at any moment and begun again it goes on where it was.
 *
 * @param onProgress told after each batch, with the field and how many have been sealed by then
 */
export async function rotateKeys(
  db: Database,
  keys: SealingKeys,
  onProgress: (field: string, resealed: number) => void = () => undefined,
): Promise<Rotation> {
  const except = await sealPrefix(keys);
  let resealed = 0;
  for (;;) {
    const unopened = new Map<string, Unopened>();
    let touched = 0;
    for (const [field, place] of Object.entries(SEALED)) {
      for await (const texts of batches(db, place, except)) {
        const results = await inTurns(texts, (text) => reseal(db, keys, place, text));
        for (const result of results) {
          if (typeof result === 'object') unopened.set(result.place, result);
          else touched += 1;
          if (result === 'resealed') resealed += 1;
        }
        onProgress(field, resealed);
      }
    }
    if (touched === 0) return { resealed, unopened: [...unopened.values()] };
  }
}

async function* batches(db: Database, at: SealedColumn, except: string): AsyncGenerator<SealedText[]> {
  let after: SealedText | undefined;
  do {
    const texts = await readSealed(db, at, { except, after });
    after = texts.at(-1);
    if (after) yield texts;
  } while (after);
}

async function inTurns<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(act))));
  }
  return results;
}

async function reseal(
  db: Database,
  keys: SealingKeys,
  at: Place,
  text: SealedText,
): Promise<'resealed' | 'changed' | Unopened> {
  const [first = '', second = ''] = text.ids;
  const place = at.place(first, second);
  try {
    const next = await seal(keys, place, await open(keys, place, text.sealed));
    return (await replaceSealed(db, at, text, next)) ? 'resealed' : 'changed';
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    return { place, reason: error.message };
  }
}
