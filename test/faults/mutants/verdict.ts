import { z } from 'zod';

/** What came of a mutant. `broken` and `slow` say nothing of the harness: the mutant or its mix wants work. */
export const verdictSchema = z.discriminatedUnion('kind', [
  /** A run reported something wrong, of which `first` is the first line. */
  z.object({ kind: z.literal('caught'), by: z.string(), runs: z.number(), first: z.string() }),
  z.object({ kind: z.literal('survived'), runs: z.number() }),
  /** The mutant could not be loaded, or the harness itself fell over. */
  z.object({ kind: z.literal('broken'), error: z.string() }),
  z.object({ kind: z.literal('slow') }),
]);
export type Verdict = z.infer<typeof verdictSchema>;
