/** What a step's commit stores: values by key, and keys to forget. */
export interface MemoryChanges {
  put: { key: string; value: string }[];
  forgotten: string[];
}

/** What an agent remembers, as its run's worker knows it. Reading it again is the next run's business. */
export interface Memory {
  /**
   * Remembers a value under a key, in place of an earlier one.
   *
   * @returns why it cannot, in words fit for a model; null when it is done
   */
  remember(key: string, value: string): string | null;
  /** @returns whether there was anything to forget */
  forget(key: string): boolean;
  /** What changed since the last call. */
  takeChanges(): MemoryChanges;
}

const MAX_KEYS = 100;
/** Everything remembered stands in the prompt of every turn, so together it stays small. */
const MAX_CHARACTERS = 20_000;

/** @param stored what is remembered already; it is no change */
export function createMemory(stored: Readonly<Record<string, string>>): Memory {
  const values = new Map(Object.entries(stored));
  let changed = new Set<string>();

  return {
    remember(key, value) {
      if (!values.has(key) && values.size >= MAX_KEYS) {
        return `${MAX_KEYS} things are remembered, and more do not fit. Forget one first: remember it with an empty value.`;
      }
      let characters = key.length + value.length;
      for (const [other, text] of values) if (other !== key) characters += other.length + text.length;
      if (characters > MAX_CHARACTERS) {
        return `With this, ${characters} characters would be remembered, more than ${MAX_CHARACTERS}. Shorten or forget something.`;
      }
      values.set(key, value);
      changed.add(key);
      return null;
    },

    forget(key) {
      const wasThere = values.delete(key);
      if (wasThere) changed.add(key);
      return wasThere;
    },

    takeChanges() {
      const changes: MemoryChanges = { put: [], forgotten: [] };
      for (const key of changed) {
        const value = values.get(key);
        if (value === undefined) changes.forgotten.push(key);
        else changes.put.push({ key, value });
      }
      changed = new Set();
      return changes;
    },
  };
}
