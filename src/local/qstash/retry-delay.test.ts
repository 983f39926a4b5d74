import { describe, expect, it } from 'vitest';
import { defaultRetryDelay, parseRetryDelay } from './retry-delay.ts';

describe('parseRetryDelay', () => {
  it.each([
    ['1000', 2, 1000],
    ['1000 * (1 + retried)', 2, 3000],
    ['pow(2, retried) * 1000', 3, 8000],
    ['max(1000, pow(2, retried) * 100)', 0, 1000],
    ['min(5, 7) + max(1, 2)', 0, 7],
    ['2 + 3 * 4 - 6 / 2', 0, 11],
    ['10 - 3 - 2', 0, 5],
    ['100 / 10 / 5', 0, 2],
    ['-(-5)', 0, 5],
    ['round(sqrt(16) + abs(0 - 2.4))', 0, 6],
    ['floor(exp(1)) + ceil(0.2)', 0, 3],
  ])('evaluates %s after %i retries to %i ms', (expression, retried, ms) => {
    expect(parseRetryDelay(expression)(retried)).toBe(ms);
  });

  it.each([
    '',
    'retries',
    'process.exit()',
    'pow(2)',
    'min(1, 2, 3)',
    '1 +',
    '(1',
    '1)',
    '2 retried',
    'constructor(1)',
    '1; 2',
  ])('refuses "%s"', (expression) => {
    expect(() => parseRetryDelay(expression)).toThrow();
  });

  it('keeps every result between nothing and a day', () => {
    expect(parseRetryDelay('0 - 5')(0)).toBe(0);
    expect(parseRetryDelay('1 / 0')(0)).toBe(86_400_000);
    expect(parseRetryDelay('sqrt(0 - 1)')(0)).toBe(86_400_000);
  });
});

it('waits 12 s, 2 m 28 s, 30 m 8 s, 6 h 7 m 6 s and then a day by default', () => {
  const seconds = [0, 1, 2, 3, 4, 9].map((retried) => defaultRetryDelay(retried) / 1000);
  expect(seconds).toEqual([12, 148, 1808, 22_026, 86_400, 86_400]);
});
