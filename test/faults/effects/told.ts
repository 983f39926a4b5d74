import { z } from 'zod';

const blockSchema = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  content: z.unknown().optional(),
});
type Block = z.infer<typeof blockSchema>;
const askedSchema = z.object({
  system: z.unknown(),
  messages: z.array(z.object({ role: z.string(), content: z.union([z.string(), z.array(blockSchema)]) })),
});

/** How often something is said to the model in a conversation that it was sent, as words of the user or as the result of a call. */
export interface Hearing {
  asText: number;
  asResult: number;
}

/** @param request what the model was sent */
export function hearingsOf(request: string, words: string): Hearing {
  const { messages } = askedSchema.parse(JSON.parse(request));
  const blocks = messages.filter(({ role }) => role === 'user').flatMap(({ content }) => blocksOf(content));
  const saying = (block: Block) => block.text ?? JSON.stringify(block.content ?? '');
  const count = (type: string) =>
    blocks.filter((block) => block.type === type && saying(block).includes(words)).length;
  return { asText: count('text'), asResult: count('tool_result') };
}

const blocksOf = (content: string | Block[]): Block[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

/** What stands before the conversation. */
export const systemOf = (request: string): string =>
  JSON.stringify(askedSchema.parse(JSON.parse(request)).system);

/** Whether the conversation has been told this by its user, or by what they asked for. */
export const isTold = (request: string, words: string): boolean => hearingsOf(request, words).asText > 0;
