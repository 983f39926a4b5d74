import fc from 'fast-check';
import { expect, it } from 'vitest';
import { announce } from './announce.ts';
import { progressIn } from './progress.ts';

const status = fc.constantFrom('pending' as const, 'inProgress' as const, 'done' as const);
const plan = fc.array(fc.record({ title: fc.constant('Part'), status }), { minLength: 1, maxLength: 30 });
const shown = (steps: { title: string; status: 'pending' | 'inProgress' | 'done' }[]) =>
  announce({ type: 'plan.updated', data: { steps } });

it('is between 0 and 100, all of it only when all is done, and of the last plan shown', () => {
  fc.assert(
    fc.property(plan, plan, (earlier, steps) => {
      const { progress = -1 } = progressIn([shown(earlier), shown(steps)]);
      expect(progress).toBeGreaterThanOrEqual(0);
      expect(progress === 100).toBe(steps.every(({ status }) => status === 'done'));
      expect(progress).toBeLessThanOrEqual(100);
      expect(progress).toBe(progressIn([shown(steps)]).progress);
    }),
  );
});

it('is not told of steps that show no plan', () => {
  expect(progressIn([])).toEqual({});
});
