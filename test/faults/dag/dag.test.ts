import { afterAll, beforeAll, expect, it } from 'vitest';
import { dagPlanNamed } from './plan.ts';
import { nodesOf } from './shapes.ts';
import { type DagWorld, openDagWorld } from './world.ts';

let world: DagWorld;
beforeAll(async () => {
  world = await openDagWorld();
});
afterAll(() => world.close());

it.each(['dag/wide8@15', 'dag/deep4@25', 'dag/diamond8@25'])(
  'completes with the effect of each node once, whatever goes wrong: %s',
  async (name) => {
    const { wrong, faults } = await world.simulate(dagPlanNamed(name));
    expect(wrong).toEqual([]);
    expect(faults).toBeGreaterThan(5);
  },
  120_000,
);

it.each(['dag/family3', 'dag/family3!3', 'dag/family3@10', 'dag/family3@25', 'dag/family3!3@25'])(
  'delegates to sub-agents once, each with its effect once, and stops all of them with their run: %s',
  async (name) => {
    const { wrong } = await world.simulate(dagPlanNamed(name));
    expect(wrong).toEqual([]);
  },
  120_000,
);

it('knows three shapes', () => {
  expect(nodesOf('wide', 4).map(({ dependsOn }) => dependsOn)).toEqual([[], ['n0'], ['n0'], ['n1', 'n2']]);
  expect(nodesOf('diamond', 4)).toEqual(nodesOf('wide', 4));
  expect(nodesOf('deep', 3).at(-1)).toEqual({ id: 'n2', dependsOn: ['n1'] });
});

it('refuses what names no case', () => {
  expect(() => dagPlanNamed('dag/round@10')).toThrow('names no case');
  expect(() => dagPlanNamed('dag/wide4/mysql1:drop')).toThrow('names no case');
});
