import { z } from 'zod';
import { ANTHROPIC_MODELS } from '../../../src/models/anthropic-models.ts';
import { costMicroUsd } from '../../../src/models/prices.ts';
import { asNobody } from '../actors.ts';
import type { Simulation } from '../simulation.ts';

const endSchema = z.object({
  type: z.literal('message_delta'),
  usage: z.object({
    input_tokens: z.number(),
    output_tokens: z.number(),
    cache_creation_input_tokens: z.number().nullable(),
    cache_read_input_tokens: z.number().nullable(),
  }),
});
const startSchema = z.object({ type: z.literal('message_start'), message: z.object({ model: z.string() }) });

/** Adds what an answer of the model costs when it has come to its end, whether anybody still reads it or not. */
export function bill(simulation: Simulation, response: Response): void {
  if (!response.ok) return;
  const copy = response.clone();
  void asNobody(() => copy.text())
    .then((text) => {
      simulation.billedMicroUsd += costOf(text);
    })
    .catch(() => undefined);
}

function costOf(stream: string): number {
  let model = '';
  for (const [, data = ''] of stream.matchAll(/^data: (.*)$/gm)) {
    const event: unknown = JSON.parse(data);
    const start = startSchema.safeParse(event);
    if (start.success) model = start.data.message.model;
    const end = endSchema.safeParse(event);
    const entry = ANTHROPIC_MODELS.get(model);
    if (!end.success || !entry) continue;
    const { usage } = end.data;
    return costMicroUsd(entry, {
      inputTokens: usage.input_tokens,
      outputTokens: usage.output_tokens,
      cacheReadTokens: usage.cache_read_input_tokens ?? 0,
      cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
    });
  }
  return 0;
}
