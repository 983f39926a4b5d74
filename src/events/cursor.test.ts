import { describe, expect, it } from 'vitest';
import { parseAgentCursor, parseRunCursor } from './cursor.ts';

const RUN = 'run_01h455vb4pex5vsknk084sn02q';

describe('the cursor of a run', () => {
  it('is the start when none was sent', () => {
    expect(parseRunCursor({})).toEqual({ ok: true, cursor: 0 });
    expect(parseRunCursor({ lastEventId: '', after: '' })).toEqual({ ok: true, cursor: 0 });
  });

  it('is read from the query, and rather from the header of a client that came back', () => {
    expect(parseRunCursor({ after: '17' })).toEqual({ ok: true, cursor: 17 });
    expect(parseRunCursor({ lastEventId: '23', after: '17' })).toEqual({ ok: true, cursor: 23 });
  });

  it.each(['-1', '1.5', '1e3', ' 1', '01', 'abc', '2147483648', '99999999999', `${RUN}.1`, '١'])(
    'refuses %j',
    (after) => {
      expect(parseRunCursor({ after }).ok).toBe(false);
      expect(parseRunCursor({ lastEventId: after }).ok).toBe(false);
    },
  );
});

describe('the cursor of an agent', () => {
  it('is the start when none was sent', () => {
    expect(parseAgentCursor({})).toEqual({ ok: true, cursor: null });
  });

  it('is a run and a number', () => {
    const cursor = { runId: RUN, seq: 2_147_483_647 };
    expect(parseAgentCursor({ after: `${RUN}.2147483647` })).toEqual({ ok: true, cursor });
    expect(parseAgentCursor({ lastEventId: `${RUN}.2`, after: `${RUN}.1` })).toEqual({
      ok: true,
      cursor: { runId: RUN, seq: 2 },
    });
  });

  it.each([
    '17',
    RUN,
    `${RUN}.`,
    `${RUN}.x`,
    `${RUN}.1.2`,
    'agent_01h455vb4pex5vsknk084sn02q.1',
    'run_1.1',
    '.1',
  ])('refuses %j', (after) => {
    expect(parseAgentCursor({ after }).ok).toBe(false);
  });
});
