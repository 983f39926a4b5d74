import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../domain/errors.ts';
import { listQuery, nextRowCursor, rowCursor } from './pagination.ts';

describe('pages', () => {
  const position = { createdAt: '2026-11-21T12:00:02.123456Z', id: 'run_2' };

  it('end with a cursor that says after which row to go on, to the microsecond', () => {
    const cursor = nextRowCursor(position) ?? '';
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(rowCursor(cursor)).toEqual(position);
  });

  it('have no cursor when nothing follows', () => {
    expect(nextRowCursor(null)).toBeNull();
  });

  it('begin at the newest row without a cursor', () => {
    expect(rowCursor(undefined)).toBeUndefined();
  });
});

describe('cursors', () => {
  const refusal = (cursor: string) => {
    try {
      rowCursor(cursor);
    } catch (error) {
      return error;
    }
    return expect.unreachable();
  };
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it.each([
    '',
    'nonsense',
    encoded(null),
    encoded({}),
    encoded([]),
    encoded(['yesterday', 'run_1']),
    encoded(['2026-11-21T12:00:00Z', '']),
    encoded(['2026-11-21T12:00:00Z', 7]),
    encoded(['2026-11-21T12:00:00Z', 'run_1', 'more']),
    encoded(["2026-11-21'; DROP TABLE runs; --", 'run_1']),
  ])('that are not ours are refused by name: %j', (cursor) => {
    expect(refusal(cursor)).toMatchObject({
      code: 'validationFailed',
      errors: [{ field: 'query.cursor' }],
    });
  });

  it('made of anything never cause another error', () => {
    fc.assert(fc.property(fc.string(), (text) => refusal(text) instanceof AppError));
  });
});

describe('limits', () => {
  it.each([
    [{}, 20],
    [{ limit: '1' }, 1],
    [{ limit: '100' }, 100],
  ])('of %j are taken', (query, limit) => {
    expect(listQuery.parse(query).limit).toBe(limit);
  });

  it.each(['0', '101', '-1', '1.5', 'many', ''])('of %j are refused', (limit) => {
    expect(listQuery.safeParse({ limit }).success).toBe(false);
  });
});
