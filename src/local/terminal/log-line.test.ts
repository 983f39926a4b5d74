import { describe, expect, it } from 'vitest';
import { showLogLine } from './log-line.ts';
import { createStyle } from './style.ts';

const plain = createStyle(false);

describe('a line of the log', () => {
  it('shows a request in columns', () => {
    const line = JSON.stringify({
      level: 'info',
      time: '2026-11-21T12:34:56.789Z',
      event: 'request',
      requestId: 'req_1',
      method: 'GET',
      route: '/api/v1/health',
      status: 200,
      durationMs: 3,
    });
    expect(showLogLine(line, plain)).toBe('12:34:56  200  GET    /api/v1/health  3 ms');
  });

  it('shows anything else with its fields', () => {
    const line = '{"level":"warn","time":"2026-11-21T12:34:56.789Z","event":"publishFailed","runId":"run_1"}';
    expect(showLogLine(line, plain)).toBe('12:34:56  publishFailed  {"runId":"run_1"}');
  });

  it('leaves what is not ours as it is', () => {
    expect(showLogLine('workerd/server: something', plain)).toBe('workerd/server: something');
  });
});
