import { z } from '@hono/zod-openapi';

/** Text that people write, trimmed. `maxBytes` counts UTF-8. Half a surrogate pair has no UTF-8, so nobody could store it. */
export const text = (maxBytes: number) =>
  z
    .string()
    .trim()
    .refine((value) => value.isWellFormed(), { error: 'not well-formed Unicode' })
    .refine((value) => new TextEncoder().encode(value).byteLength <= maxBytes, {
      error: `longer than ${maxBytes} bytes`,
    });

/** The same, and not empty. */
export const someText = (maxBytes: number) =>
  text(maxBytes).refine((value) => value !== '', { error: 'empty' });
