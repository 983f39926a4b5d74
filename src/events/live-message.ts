import { z } from 'zod';
import type { LiveMessage } from './live.ts';
import type { MessageDelta, RunEventType, StoredEvent } from './types.ts';

// The type is not checked against the list of today: during a deploy an older follower meets newer events, and passes
// them on as it would from Postgres.
const eventSchema: z.ZodType<StoredEvent> = z.object({
  seq: z.int().positive(),
  type: z.custom<RunEventType>((value) => typeof value === 'string'),
  data: z.record(z.string(), z.unknown()),
  speech: z.string().nullable(),
  at: z.string(),
});

const deltaSchema: z.ZodType<MessageDelta> = z.object({
  stepNo: z.int().nonnegative(),
  attempt: z.int().nonnegative(),
  from: z.int().nonnegative(),
  text: z.string(),
});

const messageSchema: z.ZodType<LiveMessage> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('events'),
    runId: z.string(),
    events: z.array(eventSchema),
    lastSeq: z.int().nonnegative(),
  }),
  z.object({ kind: z.literal('delta'), runId: z.string(), delta: deltaSchema }),
  z.object({ kind: z.literal('recheck') }),
]);

/** Reads a published message. Null for anything else, which followers make up for from Postgres. */
export function parseLiveMessage(json: string): LiveMessage | null {
  return parse(messageSchema, json);
}

/** The deltas of an attempt as `flush` stored them, one JSON a line, put together up to the first hole. */
export function assembleText(lines: string): string {
  let text = '';
  for (const line of lines.split('\n')) {
    if (line === '') continue;
    const delta = parse(deltaSchema, line);
    if (!delta || delta.from > text.length) break;
    text += delta.text.slice(text.length - delta.from);
  }
  return text;
}

function parse<T>(schema: z.ZodType<T>, json: string): T | null {
  try {
    return schema.safeParse(JSON.parse(json)).data ?? null;
  } catch {
    return null;
  }
}
