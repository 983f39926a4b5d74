import { describe, expect, it } from 'vitest';
import { newTraceId, traceIdOf, traceparentOf } from './trace.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('traceIdOf', () => {
  it.each([
    `00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-00`,
    `01-${TRACE}-${SPAN}-01-more`,
    `cc-${TRACE}-${SPAN}-09`,
  ])('reads %s', (header) => expect(traceIdOf(header)).toBe(TRACE));

  it.each([
    undefined,
    '',
    TRACE,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    ` 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01\n`,
  ])('refuses %j', (header) => expect(traceIdOf(header)).toBeNull());

  it('reads what we send', () => {
    const traceId = newTraceId();
    expect(traceIdOf(traceparentOf(traceId))).toBe(traceId);
    expect(traceparentOf(traceId)).not.toBe(traceparentOf(traceId));
  });
});
