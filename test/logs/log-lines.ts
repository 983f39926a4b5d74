import { vi } from 'vitest';

export interface LogLine {
  level: string;
  event: string;
  traceId?: string;
  runId?: string;
  [field: string]: unknown;
}

/** Every line of the product's log from now on, as it is written. Opened before the product is. */
export function collectLog() {
  const raw: string[] = [];
  const spy = vi.spyOn(console, 'log').mockImplementation((line: unknown) => {
    raw.push(String(line));
  });
  return {
    raw,
    lines: (event: string): LogLine[] =>
      raw.map((line): LogLine => JSON.parse(line)).filter((line) => line.event === event),
    clear: () => {
      raw.length = 0;
    },
    restore: () => spy.mockRestore(),
  };
}
