import { z } from 'zod';

const request = z.object({ system: z.array(z.object({ text: z.string() })).min(1) });

/** What a request in Anthropic's dialect has for its system prompt. */
export const promptOf = (body: unknown): string => request.parse(body).system[0]?.text ?? '';
