import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../domain/errors.ts';
import { type Cursor, listQuery, rowsAsked, rowsFound } from './pagination.ts';

const ID = 'run_01h455vb4pex5vsknk084sn02q';
/** The cursor that goes on after a row, and the row that one goes on after. */
const nextRowCursor = (next: Cursor | null) => rowsFound({ items: [], next }).nextCursor;
const rowCursor = (cursor?: string) => rowsAsked({ limit: 20, cursor }).after;

const TIME = '2026-11-21T12:00:02.123456Z';

describe('pages', () => {
  const position = { createdAt: TIME, id: ID };

  it('end with a cursor that says after which row to go on, to the microsecond', () => {
    const cursor = nextRowCursor(position) ?? '';
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(rowCursor(cursor)).toEqual(position);
  });

  it.each(['2000-02-29T00:00:00.000000Z', '9999-12-31T23:59:59.999999Z'])('go on after %s', (createdAt) => {
    expect(rowCursor(nextRowCursor({ createdAt, id: ID }) ?? '')).toEqual({ createdAt, id: ID });
  });

  it('have no cursor when nothing follows', () => {
    expect(nextRowCursor(null)).toBeNull();
  });

  it('begin at the newest row without a cursor', () => {
    expect(rowCursor()).toBeUndefined();
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
    encoded([TIME, '']),
    encoded([TIME, 7]),
    encoded([TIME, 'run_1']),
    encoded([TIME, ID, 'more']),
    encoded([TIME, `${ID}\u0000`]),
    encoded([TIME, `\u0000${ID.slice(1)}`]),
    encoded([TIME, `${ID}\n`]),
    encoded([TIME, ID.toUpperCase()]),
    encoded(['yesterday', ID]),
    encoded(["2026-11-21'; DROP TABLE runs; --", ID]),
    encoded(['0000-01-01T00:00:00.000000Z', ID]),
    encoded(['1999-12-31T23:59:59.999999Z', ID]),
    encoded(['+12026-11-21T12:00:02.123456Z', ID]),
    encoded(['2026-02-29T12:00:02.123456Z', ID]),
    encoded(['2026-11-21T24:00:00.000000Z', ID]),
    encoded(['2026-11-21T12:00:02.123456+99:59', ID]),
    encoded([`${TIME}\u0000`, ID]),
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
