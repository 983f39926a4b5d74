import { z } from '@hono/zod-openapi';
import { type ListedModel, listModels, PROVIDERS, type Price } from '../../domain/catalogue/list-models.ts';
import type { Context } from '../../domain/context.ts';
import { needs } from '../access.ts';
import { createRoute, json, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { listOf } from '../pagination.ts';

const priceSchema = z
  .object({ input: z.number(), output: z.number(), cacheRead: z.number(), cacheWrite: z.number() })
  .openapi('ModelPrice', { description: 'US dollars for a million tokens' });

const modelSchema = z
  .object({
    provider: z.enum(PROVIDERS),
    model: z.string().openapi({ example: 'claude-sonnet-5' }),
    takesAnyName: z.boolean().openapi({
      description: 'Whether the provider takes other names as well, on the same terms',
    }),
    isDefault: z
      .boolean()
      .openapi({ description: 'What an agent gets that names the provider and no model' }),
    paidBy: z.enum(['you', 'deployment']).nullable().openapi({
      description:
        'Whose key its calls are made with; null while there is none, and a run with it would fail',
    }),
    tools: z.boolean(),
    streaming: z.boolean(),
    contextTokens: z.int().openapi({ description: 'The longest prompt' }),
    maxOutputTokens: z.int(),
    price: priceSchema.openapi({ description: 'At OpenRouter the most that is paid; its own bill counts' }),
    longPrompt: z
      .object({ aboveTokens: z.int(), price: priceSchema })
      .nullable()
      .openapi({ description: 'What every token of a longer prompt, and of its answer, costs instead' }),
  })
  .openapi('Model');

const listModelsRoute = createRoute({
  method: 'get',
  path: '/models',
  operationId: 'listModels',
  tags: ['models'],
  summary: 'List the models that agents may use, with what they cost',
  ...needs('read'),
  responses: { 200: json(listOf(modelSchema), 'Every model, on one page'), ...problems(...TOKEN_PROBLEMS) },
});

/** The models there are. */
export const models = (context: Context) =>
  router().openapi(listModelsRoute, async (c) => {
    const { userId } = c.get('actor');
    const listed = await listModels(context, { userId });
    return c.json({ data: listed.map(shown), nextCursor: null }, 200);
  });

function shown({ entry, ...model }: ListedModel): z.infer<typeof modelSchema> {
  const { contextTokens, maxOutputTokens, price, longPrompt } = entry;
  return {
    ...model,
    // A model that could do neither would be of no use to an agent.
    tools: true,
    streaming: true,
    contextTokens,
    maxOutputTokens,
    price: priceOf(price),
    longPrompt: longPrompt ? { aboveTokens: longPrompt.above, price: priceOf(longPrompt.price) } : null,
  };
}

/** Without what binary fractions add: prices are whole thousandths of a cent. */
const priceOf = ({ input, output, cacheRead, cacheWrite }: Price): Price => ({
  input: rounded(input),
  output: rounded(output),
  cacheRead: rounded(cacheRead),
  cacheWrite: rounded(cacheWrite),
});

const rounded = (usd: number) => Math.round(usd * 1e6) / 1e6;
