import { expect, it } from 'vitest';
import { planNamed } from './plan.ts';

it.each([
  'plain',
  'neon7:crashAfter',
  'delivery2:drop+neon20:crashAfter',
  'hears6',
  'pause@neon12+neon20:crashAfter',
  'cancel@model3:after',
  'seed7@25',
  'seed7@25+neon9:garbled',
  'away-github@600',
  'effects/away-redis@600+follows',
  'words/withdrawLater@neon9:after',
])('gives a plan back the name it was made from: %s', (name) => {
  expect(planNamed(name).name).toBe(name);
});

it('strikes what is named on top of what chance strikes', () => {
  const chance = planNamed('seed7@25');
  const struck = planNamed('seed7@25+neon9:garbled');
  expect(struck.request('neon', 9, 0)).toBe('garbled');
  for (let nth = 10; nth < 40; nth++)
    expect(struck.request('neon', nth, 0)).toBe(chance.request('neon', nth, 0));
});

it('lets the user act at its moment only', () => {
  const { deeds } = planNamed('pause@neon12:after');
  expect(deeds('neon', 12, 'after', 0)).toEqual(['pause']);
  expect(deeds('neon', 12, 'before', 0)).toEqual([]);
});

it.each(['neon7', 'neon7:vanish', 'sleep@neon7', 'delivery1:garbled'])(
  'refuses what names no plan: %s',
  (name) => {
    expect(() => planNamed(name)).toThrow('names no case');
  },
);
