import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStuck, STUCK_STEPS } from './stuck.ts';

interface Act {
  name: string;
  input: Record<string, unknown>;
  output: string;
}

let made = 0;

/** A step as it is recorded: providers number their calls anew each time, and models word things anew. */
function step(acts: readonly Act[]) {
  const ids = acts.map(() => `toolu_${made++}`);
  return {
    deliveredSeq: 0,
    content: [
      { type: 'text' as const, text: `step ${made}` },
      ...acts.map(({ name, input }, at) => ({ type: 'toolCall' as const, id: ids[at] ?? '', name, input })),
    ],
    calls: acts.map(({ output }, at) => ({ providerCallId: ids[at] ?? '', output })),
  };
}

const act = fc.record({
  name: fc.constantFrom('read_file', 'search_code', 'commit'),
  input: fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
  output: fc.string(),
});
const acts = fc.array(act, { minLength: 1, maxLength: 4 });
const place = fc.nat({ max: STUCK_STEPS - 1 });

const again = (what: readonly Act[]) => Array.from({ length: STUCK_STEPS }, () => step(what));
/** The same again and again, but for one call of one step. */
const allBut = (what: readonly Act[], at: number, which: number, change: (act: Act) => Act) =>
  again(what).map((same, n) =>
    n === at ? step(what.map((act, m) => (m === which % what.length ? change(act) : act))) : same,
  );

describe('a run', () => {
  it('that does the same three times is stuck, whatever came before', () => {
    const property = fc.property(acts, fc.array(acts, { maxLength: 3 }), (what, before) => {
      expect(isStuck([...before.map(step), ...again(what)])).toBe(true);
    });
    fc.assert(property);
  });

  it('is stuck in whatever order its arguments are written', () => {
    const property = fc.property(acts, place, fc.nat(), (what, at, which) => {
      const reversed = ({ input, ...rest }: Act) => ({
        ...rest,
        input: Object.fromEntries(Object.entries(input).reverse()),
      });
      expect(isStuck(allBut(what, at, which, reversed))).toBe(true);
    });
    fc.assert(property);
  });

  it('is not while one result differs', () => {
    const property = fc.property(
      acts,
      place,
      fc.nat(),
      fc.string({ minLength: 1 }),
      (what, at, which, more) => {
        const changed = allBut(what, at, which, (act) => ({ ...act, output: act.output + more }));
        expect(isStuck(changed)).toBe(false);
      },
    );
    fc.assert(property);
  });

  it('is not while one call differs', () => {
    const property = fc.property(acts, place, fc.nat(), (what, at, which) => {
      const named = allBut(what, at, which, (act) => ({ ...act, name: `${act.name}s` }));
      const given = allBut(what, at, which, (act) => ({
        ...act,
        input: { ...act.input, more: { n: [at] } },
      }));
      const longer = again(what).map((same, n) => (n === at ? step([...what, ...what]) : same));
      expect([named, given, longer].map(isStuck)).toEqual([false, false, false]);
    });
    fc.assert(property);
  });

  it('is not when its user has spoken in between', () => {
    const property = fc.property(acts, fc.integer({ min: 1, max: STUCK_STEPS - 1 }), (what, at) => {
      expect(isStuck(again(what).map((same, n) => ({ ...same, deliveredSeq: n < at ? 0 : 1 })))).toBe(false);
    });
    fc.assert(property);
  });

  it('is not before the third time, nor by talking', () => {
    const property = fc.property(acts, fc.nat({ max: 6 }), (what, times) => {
      expect(isStuck(again(what).slice(1))).toBe(false);
      expect(isStuck(Array.from({ length: times }, () => step([])))).toBe(false);
      expect(isStuck([...again(what), step([])])).toBe(false);
    });
    fc.assert(property);
  });
});
