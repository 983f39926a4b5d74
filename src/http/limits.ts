import { z } from '@hono/zod-openapi';

/** An amount of US dollars, to the millionth: what costs are counted in. */
export const usdLimit = () =>
  z
    .number()
    .positive({ abort: true })
    .max(1_000_000, { abort: true })
    .refine((usd) => Math.abs(usd * 1e6 - Math.round(usd * 1e6)) < 1e-3 && usd >= 1e-6, {
      error: 'at most 6 decimals',
    })
    .openapi({ example: 2.5, description: 'US dollars, at most 6 decimals' });

/** A month at the most. Time in which a run waits or is paused does not count. */
export const durationLimit = () => z.int().min(1).max(2_678_400);
