import { z } from 'zod';
import { SqlError } from './wire.ts';

/** One statement with its parameters in Postgres's text form. */
export interface Statement {
  text: string;
  params: (string | null)[];
  arrayMode: boolean | undefined;
}

/** The body of `POST /sql`: one statement on its own, or several in one transaction. */
export type Payload = { kind: 'single'; statement: Statement } | { kind: 'batch'; statements: Statement[] };

const query = z.object({
  query: z.string(),
  // What comes out of JSON is JSON.
  params: z.array(z.custom<Json>()).default([]),
  arrayMode: z.boolean().nullish(),
});
const batch = z.object({ queries: z.array(query) });

/**
 * Reads the body of `POST /sql`.
 *
 * @throws SqlError 400 with the proxy's prefix for what is not JSON or has neither shape
 */
export function parsePayload(body: string): Payload {
  const json = parseJson(body);
  const single = query.safeParse(json);
  if (single.success) return { kind: 'single', statement: toStatement(single.data) };
  const several = batch.safeParse(json);
  if (several.success) return { kind: 'batch', statements: several.data.queries.map(toStatement) };
  throw unreadable('data did not match any variant of untagged enum Payload');
}

function toStatement(data: z.infer<typeof query>): Statement {
  return { text: data.query, params: data.params.map(toPgText), arrayMode: data.arrayMode ?? undefined };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error));
  }
}

function unreadable(why: string): SqlError {
  return new SqlError(`could not parse the HTTP request body: ${why}`);
}

type Json = z.core.util.JSONType;

// A string is the value's text already; an array becomes a Postgres array; anything else its JSON text.
function toPgText(value: Json): string | null {
  if (value === null || typeof value === 'string') return value;
  return Array.isArray(value) ? toPgArray(value) : JSON.stringify(value);
}

function toPgArray(items: Json[]): string {
  const texts = items.map((item) => {
    if (item === null) return 'NULL';
    if (Array.isArray(item)) return toPgArray(item);
    // Inside an array everything is quoted as a string; JSON's escapes are the ones Postgres reads.
    return typeof item === 'object' ? JSON.stringify(JSON.stringify(item)) : JSON.stringify(item);
  });
  return `{${texts.join(',')}}`;
}
