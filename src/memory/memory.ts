/** Whose memory: the agent's own, or that of all agents of its organisation. */
export const MEMORY_SCOPES = ['agent', 'organisation'] as const;
export type MemoryScope = (typeof MEMORY_SCOPES)[number];

/** Keys stand in the paths of the API, where a slash or two dots would mean something else. */
export const MEMORY_KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
export const MEMORY_KEY_RULE = 'a short name of letters, digits, "_", "-" and "."';
/** Of one value, in characters. */
export const MAX_VALUE_LENGTH = 2_000;

/**
 * What a scope holds at most. An agent's stands in the prompt of every turn, so together it stays small; of an organisation's only what
 * changed last does (`store/runs/memories.ts`).
 */
export const MEMORY_LIMITS: Readonly<Record<MemoryScope, { keys: number; characters: number }>> = {
  agent: { keys: 100, characters: 20_000 },
  organisation: { keys: 200, characters: 50_000 },
};

/** What a step's commit stores of a scope: values by key, and keys to forget. */
export interface MemoryChanges {
  put: { key: string; value: string }[];
  forgotten: string[];
}

export type ScopedChanges = Readonly<Record<MemoryScope, MemoryChanges>>;

/** What an agent remembers, as its run's worker knows it. Reading it again is the next run's business. */
export interface Memory {
  /**
   * Remembers a value under a key, in place of an earlier one. Whether an organisation has room for it only the step's commit can
   * tell.
   *
   * @returns why it cannot, in words fit for a model; null when it is done
   */
  remember(scope: MemoryScope, key: string, value: string): string | null;
  /** @returns whether there was anything to forget; true where nobody here knows, of an organisation */
  forget(scope: MemoryScope, key: string): boolean;
  /** What changed since the last call. */
  takeChanges(): ScopedChanges;
}

/** @param stored what the agent remembers already; it is no change */
export function createMemory(stored: Readonly<Record<string, string>>): Memory {
  const values = new Map(Object.entries(stored));
  /** By key; null is forgotten. */
  let changed = { agent: new Map<string, string | null>(), organisation: new Map<string, string | null>() };

  return {
    remember(scope, key, value) {
      const problem = scope === 'agent' ? whyNot(values, key, value) : null;
      if (problem !== null) return problem;
      if (scope === 'agent') values.set(key, value);
      changed[scope].set(key, value);
      return null;
    },

    forget(scope, key) {
      const mayBeThere = scope === 'organisation' || values.delete(key);
      if (mayBeThere) changed[scope].set(key, null);
      return mayBeThere;
    },

    takeChanges() {
      const taken = { agent: changesOf(changed.agent), organisation: changesOf(changed.organisation) };
      changed = { agent: new Map(), organisation: new Map() };
      return taken;
    },
  };
}

function whyNot(values: ReadonlyMap<string, string>, key: string, value: string): string | null {
  const { keys, characters: most } = MEMORY_LIMITS.agent;
  if (!values.has(key) && values.size >= keys) {
    return `${keys} things are remembered, and more do not fit. Forget one first.`;
  }
  let characters = key.length + value.length;
  for (const [other, text] of values) if (other !== key) characters += other.length + text.length;
  return characters > most
    ? `With this, ${characters} characters would be remembered, more than ${most}. Shorten or forget something.`
    : null;
}

const changesOf = (changed: ReadonlyMap<string, string | null>): MemoryChanges => ({
  put: Array.from(changed).flatMap(([key, value]) => (value === null ? [] : [{ key, value }])),
  forgotten: Array.from(changed).flatMap(([key, value]) => (value === null ? [key] : [])),
});
