import { expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';

it('runs timers in the order they fall due, at their time', async () => {
  const clock = new ManualClock(1000);
  const seen: [string, number][] = [];
  clock.setTimeout(() => seen.push(['later', clock.now()]), 20);
  clock.setTimeout(() => {
    seen.push(['sooner', clock.now()]);
    clock.setTimeout(() => seen.push(['nested', clock.now()]), 5);
  }, 10);
  await clock.advance(30);
  expect(seen).toEqual([
    ['sooner', 1010],
    ['nested', 1015],
    ['later', 1020],
  ]);
  expect(clock.now()).toBe(1030);
});

it('waits for the work a timer caused before it runs the next', async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  clock.setTimeout(() => {
    const work = new Promise((resolve) => setImmediate(resolve)).then(() => seen.push('work'));
    clock.track(work);
  }, 10);
  clock.setTimeout(() => seen.push('timer'), 20);
  await clock.advance(20);
  expect(seen).toEqual(['work', 'timer']);
});

it('does not run a timer that was cancelled or lies ahead', async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  clock.clearTimeout(clock.setTimeout(() => seen.push('cancelled'), 10));
  clock.setTimeout(() => seen.push('ahead'), 11);
  await clock.advance(10);
  expect(seen).toEqual([]);
});
