import { DrizzleQueryError } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { createLog, describeError } from './log.ts';

describe('the log', () => {
  it('writes one JSON object a line', () => {
    const lines: string[] = [];
    createLog('info', (line) => lines.push(line)).warn('somethingHappened', { count: 2 });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      event: 'somethingHappened',
      count: 2,
    });
  });

  it('drops what is below its level', () => {
    const lines: string[] = [];
    const log = createLog('warn', (line) => lines.push(line));
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['c', 'd']);
  });
});

describe('describeError', () => {
  it('tells name, message, place and cause', () => {
    const error = new RangeError('too far', { cause: new Error('underneath') });
    expect(describeError(error)).toMatchObject({
      name: 'RangeError',
      message: 'too far',
      cause: { message: 'underneath' },
      stack: expect.arrayContaining([expect.stringMatching(/^at /)]),
    });
  });

  it('tells the statement of a failed query but none of its parameters', () => {
    const cause = Object.assign(new Error('duplicate key'), { code: '23505', constraint: 'users_pkey' });
    const described = describeError(new DrizzleQueryError('INSERT $1', ['the-secret'], cause));
    expect(described).toMatchObject({
      query: 'INSERT $1',
      cause: { code: '23505', constraint: 'users_pkey', message: 'duplicate key' },
    });
    expect(JSON.stringify(described)).not.toContain('the-secret');
  });

  it('copes with what is no error', () => {
    expect(describeError('thrown text')).toEqual({ message: 'thrown text' });
  });
});
