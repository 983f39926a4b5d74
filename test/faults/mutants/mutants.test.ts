import { describe, expect, it } from 'vitest';
import type { TaskName } from '../tasks.ts';
import { MUTANTS, mutantNamed } from './catalogue.ts';
import { type Course, casesOf } from './mix.ts';
import { type Mutant, mutate, mutatedFile } from './mutant.ts';
import { runMutants } from './run-mutants.ts';

const MUTANT: Mutant = {
  name: 'x',
  breaks: 'Nothing.',
  file: 'log.ts',
  find: 'one',
  replace: 'two',
  mix: [],
};

describe('a mutant', () => {
  it('replaces its text', () => {
    expect(mutate(MUTANT, 'as one does')).toBe('as two does');
  });

  it.each([
    ['nobody', 0],
    ['one and one', 2],
  ])('is refused where its text is not there once: "%s"', (source, times) => {
    expect(() => mutate(MUTANT, source)).toThrow(`mutant "x": its text stands ${times} times in log.ts`);
  });

  it('is refused when it changes nothing', () => {
    expect(() => mutate({ ...MUTANT, replace: 'one' }, 'one')).toThrow('changes nothing');
  });

  it('is loaded in place of the source, and caught', async () => {
    const said: string[] = [];
    const summary = await runMutants({ only: 'event-numbers-off-by-one', say: (line) => said.push(line) });
    expect(said.join()).toMatch(/^✓ event-numbers-off-by-one: caught by plain after 2 runs: /);
    expect(summary).toEqual({ tried: 1, caught: 1, explained: 0, ok: true });
  }, 120_000);
});

describe('a mix', () => {
  const course = {
    deliveries: 2,
    requests: [
      { service: 'neon', nth: 1, actor: 'user' },
      { service: 'redis', nth: 1, actor: 'user' },
      { service: 'neon', nth: 2, actor: 'delivery' },
    ],
  } satisfies Course;
  const other: Course = { deliveries: 1, requests: [] };
  const courseOf = (task: TaskName) => (task === 'reference' ? course : other);

  it('spreads over every number there is', () => {
    expect(casesOf({ mix: ['neon*:answerLost', 'delivery1:drop+delivery*:late'] }, courseOf)).toEqual([
      'neon1:answerLost',
      'neon2:answerLost',
      'delivery1:drop+delivery1:late',
      'delivery1:drop+delivery2:late',
    ]);
  });

  it('lets the user act only where a delivery asks for something', () => {
    expect(casesOf({ mix: ['cancel@neon*:after', 'pause@neon2+neon*:answerLost'] }, courseOf)).toEqual([
      'cancel@neon2:after',
      'pause@neon2+neon1:answerLost',
      'pause@neon2+neon2:answerLost',
    ]);
  });

  it('counts in a run of its own task', () => {
    expect(casesOf({ mix: ['effects/delivery*:drop'] }, courseOf)).toEqual(['effects/delivery1:drop']);
  });

  it('has forty cases at the most', () => {
    expect(casesOf({ mix: ['hears2', 'seed*@25'] }, courseOf)).toHaveLength(40);
    expect(casesOf({ mix: ['hears2', 'seed*@25'], survives: 'it is said twice' }, courseOf)).toHaveLength(12);
  });

  it('is refused when it counts what is not there', () => {
    expect(() => casesOf({ mix: ['mysql*:answerLost'] }, courseOf)).toThrow('"mysql*" stands for nothing');
  });
});

describe('the catalogue', () => {
  it('has a mutant for each name', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(() => mutantNamed('nobody')).toThrow('"nobody" is no mutant');
  });

  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('finds the text of %s', (_, mutant) => {
    expect(mutatedFile(mutant)).toContain(mutant.replace);
  });
});
