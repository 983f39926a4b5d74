import { z } from 'zod';

const progressSchema = z.object({
  /** The task's prompt, or as much of its beginning as fits. */
  prompt: z.string(),
  turns: z.number().int(),
  isOver: z.boolean(),
});

/** Where the scripted model stands in a task. Its summaries carry this, so that it finds its place again. */
export type Progress = z.infer<typeof progressSchema>;

const LONGEST_PROMPT = 8_000;
const BLOCK = /```progress\s*\n([\s\S]*?)\n```/;

export function writeProgress({ prompt, ...rest }: Progress): string {
  return `\`\`\`progress\n${JSON.stringify({ prompt: prompt.slice(0, LONGEST_PROMPT), ...rest })}\n\`\`\``;
}

/** The progress that a text carries, if one of the scripted model's summaries is in it. */
export function readProgress(text: string): Progress | undefined {
  const json = BLOCK.exec(text)?.[1];
  if (json === undefined) return undefined;
  try {
    return progressSchema.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}
