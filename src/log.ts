import type { Env } from './env.ts';

export type LogLevel = Env['LOG_LEVEL'];

/** One JSON object a line: `level`, `time` (RFC 3339), `event` (camelCase, stable) and whatever else is known. */
export interface Log {
  debug(event: string, fields?: Record<string, unknown>): void;
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
  /** The same log with these fields in every line. */
  with(fields: Record<string, unknown>): Log;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** A log that drops everything below `minimum` and hands each line to `write`. */
export function createLog(
  minimum: LogLevel,
  write: (line: string) => void = console.log,
  always: Record<string, unknown> = {},
): Log {
  const at =
    (level: LogLevel) =>
    (event: string, fields: Record<string, unknown> = {}) => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(minimum)) return;
      write(JSON.stringify({ level, time: new Date().toISOString(), event, ...always, ...fields }));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLog(minimum, write, { ...always, ...fields }),
  };
}

/** What may be logged of an error and its causes. Of a database error that is everything but the parameters. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { cause } = error;
  return {
    name: error.name,
    ...('query' in error ? { query: error.query } : { message: error.message }),
    ...('code' in error && error.code ? { code: error.code } : {}),
    ...('constraint' in error && error.constraint ? { constraint: error.constraint } : {}),
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
    stack: framesOf(error),
  };
}

/** The places of a stack without its head: that is the message again, and drizzle's has the parameters in it. */
function framesOf(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
}
