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
  /** Saves the result that a run is held to, in place of an earlier one. Its place is beside the others. */
  saveResult(content: string): { problem: string } | { bytes: number };
  hasResult(): boolean;
  /** What was saved since the last call. */
  takeChanges(): NewOutput[];
}

/** Where the result of a run is found that is held to a schema. */
export const RESULT_NAME = 'result.json';

const MAX_OUTPUTS = 20;
const MAX_BYTES = 1_000_000;
const MAX_TOTAL_BYTES = 5_000_000;
/** It is shown wherever its run is. */
const MAX_RESULT_BYTES = 100_000;

/**
 * @param stored how many bytes each output has that the run saved before, by name
 * @param isHeldToSchema its result has a place of its own
 */
export function createOutputs(
  stored: Readonly<Record<string, number>>,
  { isHeldToSchema = false }: { isHeldToSchema?: boolean } = {},
): Outputs {
  const sizes = new Map(Object.entries(stored));
  let hasResult = isHeldToSchema && sizes.delete(RESULT_NAME);
  let changed = new Map<string, NewOutput>();
  const bytesOf = (content: string) => new TextEncoder().encode(content).byteLength;

  return {
    save(output) {
      if (isHeldToSchema && output.name === RESULT_NAME) {
        return { problem: `${RESULT_NAME} is where submit_result puts the result. Use another name.` };
      }
      const bytes = bytesOf(output.content);
      const problem = whyNot(sizes, output.name, bytes);
      if (problem !== null) return { problem };
      sizes.set(output.name, bytes);
      changed.set(output.name, output);
      return { bytes };
    },

    saveResult(content) {
      const bytes = bytesOf(content);
      if (bytes > MAX_RESULT_BYTES) {
        return { problem: `It has ${bytes} bytes, and a result may have ${MAX_RESULT_BYTES}. Hand in less.` };
      }
      hasResult = true;
      changed.set(RESULT_NAME, { name: RESULT_NAME, kind: 'value', mediaType: 'application/json', content });
      return { bytes };
    },

    hasResult: () => hasResult,

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
