/** A named file, or a value as JSON, that a run hands over. */
export interface NewOutput {
  name: string;
  kind: OutputKind;
  mediaType: string;
  /** Text; of a value its JSON. */
  content: string;
}

export type OutputKind = 'file' | 'value';

/** What a run has saved, as its worker knows it. Nobody else writes there. */
export interface Outputs {
  /**
   * Saves an output, in place of an earlier one with the name.
   *
   * @returns why it cannot, in words fit for a model; else how many bytes it has in UTF-8
   */
  save(output: NewOutput): { problem: string } | { bytes: number };
  /** What was saved since the last call. */
  takeChanges(): NewOutput[];
}

const MAX_OUTPUTS = 20;
const MAX_BYTES = 1_000_000;
const MAX_TOTAL_BYTES = 5_000_000;

/** @param stored how many bytes each output has that the run saved before, by name */
export function createOutputs(stored: Readonly<Record<string, number>>): Outputs {
  const sizes = new Map(Object.entries(stored));
  let changed = new Map<string, NewOutput>();

  return {
    save(output) {
      const bytes = new TextEncoder().encode(output.content).byteLength;
      const problem = whyNot(sizes, output.name, bytes);
      if (problem !== null) return { problem };
      sizes.set(output.name, bytes);
      changed.set(output.name, output);
      return { bytes };
    },

    takeChanges() {
      const taken = Array.from(changed.values());
      changed = new Map();
      return taken;
    },
  };
}

function whyNot(sizes: ReadonlyMap<string, number>, name: string, bytes: number): string | null {
  if (bytes > MAX_BYTES)
    return `It has ${bytes} bytes, and an output may have ${MAX_BYTES}. Save less, or in parts.`;
  if (!sizes.has(name) && sizes.size >= MAX_OUTPUTS) {
    return `This run has ${MAX_OUTPUTS} outputs, and more it may not have. Save it in place of another one.`;
  }
  let total = bytes;
  for (const [other, size] of sizes) if (other !== name) total += size;
  return total > MAX_TOTAL_BYTES
    ? `With this, the outputs of this run would have ${total} bytes, and together they may have ${MAX_TOTAL_BYTES}.`
    : null;
}
