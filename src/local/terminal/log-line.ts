import { z } from 'zod';
import type { Style } from './style.ts';

const lineSchema = z.looseObject({ level: z.string(), time: z.string(), event: z.string() });
const requestSchema = z.object({
  method: z.string(),
  route: z.string(),
  status: z.number(),
  durationMs: z.number(),
});

/** A line of the Worker's log for people; what is not JSON is shown as it is. */
export function showLogLine(line: string, style: Style): string {
  const parsed = lineSchema.safeParse(json(line));
  if (!parsed.success) return line;
  const { level, time, event, ...fields } = parsed.data;
  const at = style.dim(time.slice(11, 19));
  const request = event === 'request' ? requestSchema.safeParse(fields).data : undefined;
  if (request) {
    const status =
      request.status < 400 ? style.good(String(request.status)) : style.bad(String(request.status));
    return `${at}  ${status}  ${request.method.padEnd(6)} ${request.route}  ${style.dim(`${request.durationMs} ms`)}`;
  }
  const name = level === 'error' || level === 'warn' ? style.bad(event) : event;
  return `${at}  ${name}  ${style.dim(JSON.stringify(fields))}`;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
