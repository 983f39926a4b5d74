import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManualClock } from './manual-clock.ts';
import { createTextBatcher, type TextPiece } from './text-batcher.ts';

type Answer = boolean | null | 'throws' | 'hangs';

function setUp(answer: (flushNo: number) => Answer = () => false) {
  const clock = createManualClock();
  const startMs = clock.now();
  const flushes: (TextPiece & { atMs: number })[] = [];
  const never = new Promise<boolean>(() => {});
  let cancels = 0;
  const batcher = createTextBatcher({
    clock,
    onCancel: () => {
      cancels++;
    },
    flush: async (piece) => {
      flushes.push({ ...piece, atMs: clock.now() - startMs });
      const given = answer(flushes.length);
      if (given === 'throws') throw new Error('no route');
      return given === 'hangs' ? never : given;
    },
  });
  return { clock, batcher, flushes, cancels: () => cancels };
}

describe('batching model text', () => {
  it('gathers what comes within 100 ms into one flush', async () => {
    const { clock, batcher, flushes } = setUp();
    for (const word of ['I ', 'will ', 'look.']) batcher.add(word);
    await clock.advance(99);
    expect(flushes).toEqual([]);
    await clock.advance(1);
    expect(flushes).toEqual([{ from: 0, text: 'I will look.', atMs: 100 }]);
    await batcher.end();
    expect(clock.sleeping()).toBe(0);
  });

  it('flushes at most ten times a second under a flood of tokens', async () => {
    const { clock, batcher, flushes } = setUp();
    for (let ms = 0; ms < 3_000; ms += 5) {
      batcher.add('x');
      await clock.advance(5);
    }
    expect(flushes).toHaveLength(30);
    await batcher.end();
    expect(flushes.map(({ text }) => text).join('')).toBe('x'.repeat(600));
  });

  it('flushes every half second without text, to read the cancel flag', async () => {
    const { clock, batcher, flushes } = setUp();
    await clock.advance(1_600);
    expect(flushes.map(({ atMs, text }) => [atMs, text])).toEqual([
      [500, ''],
      [1_000, ''],
      [1_500, ''],
    ]);
    await batcher.end();
    expect(flushes).toHaveLength(3);
  });

  it('sends text at once that comes after a long silence', async () => {
    const { clock, batcher, flushes } = setUp();
    await clock.advance(700);
    batcher.add('now');
    await clock.settle();
    expect(flushes.at(-1)).toEqual({ from: 0, text: 'now', atMs: 700 });
    await batcher.end();
  });

  it('reports a cancel once', async () => {
    const { clock, batcher, cancels } = setUp(() => true);
    await clock.advance(2_000);
    expect(cancels()).toBe(1);
    await batcher.end();
  });

  it.each(['throws', null] as const)(
    'sends again what a flush that answers %j did not bring',
    async (failure) => {
      const { clock, batcher, flushes } = setUp((flushNo) => (flushNo === 1 ? failure : false));
      batcher.add('one ');
      await clock.advance(100);
      batcher.add('two');
      await clock.advance(500);
      expect(flushes).toEqual([
        { from: 0, text: 'one ', atMs: 100 },
        { from: 0, text: 'one two', atMs: 600 },
      ]);
      await batcher.end();
    },
  );

  it('never has two flushes in flight, and gathers text during a slow one', async () => {
    const clock = createManualClock();
    let inFlight = 0;
    const pieces: TextPiece[] = [];
    const batcher = createTextBatcher({
      clock,
      onCancel: () => {},
      flush: async (piece) => {
        expect(++inFlight).toBe(1);
        await clock.sleep(450);
        pieces.push(piece);
        inFlight--;
        return false;
      },
    });
    for (let n = 0; n < 10; n++) {
      batcher.add(`${n}`);
      await clock.advance(100);
    }
    const ending = batcher.end();
    await clock.advance(900);
    await ending;
    expect(pieces.map(({ text }) => text).join('')).toBe('0123456789');
    expect(pieces.length).toBeLessThanOrEqual(4);
  });

  it('ends within half a second when Redis hangs', async () => {
    const { clock, batcher } = setUp(() => 'hangs');
    batcher.add('lost');
    await clock.advance(100);
    let done = false;
    const ending = batcher.end().then(() => {
      done = true;
    });
    await clock.advance(499);
    expect(done).toBe(false);
    await clock.advance(1);
    await ending;
  });

  it('brings every character in order, whatever fails on the way and however text comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string({ maxLength: 8 }), fc.integer({ min: 0, max: 400 })), { maxLength: 30 }),
        fc.array(fc.constantFrom<Answer>(false, null, 'throws'), { maxLength: 20 }),
        async (chunks, answers) => {
          const { clock, batcher, flushes } = setUp((flushNo) => answers[flushNo - 1] ?? false);
          for (const [text, pauseMs] of chunks) {
            batcher.add(text);
            await clock.advance(pauseMs);
          }
          await clock.advance(11_000);
          await batcher.end();
          let got = '';
          flushes.forEach(({ from, text }, index) => {
            const arrived = (answers[index] ?? false) === false;
            if (arrived) got = got.slice(0, from) + text;
          });
          expect(got).toBe(chunks.map(([text]) => text).join(''));
          expect(clock.sleeping()).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });
});
