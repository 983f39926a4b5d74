import { describe, expect, it } from 'vitest';
import { MUTANTS, mutantNamed } from './catalogue.ts';
import { casesOf } from './mix.ts';
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
    requests: (['neon', 'redis', 'neon'] as const).map((service) => ({ service })),
  };

  it('spreads over every number there is', () => {
    expect(casesOf(['neon*:answerLost', 'delivery1:drop+delivery*:late'], course)).toEqual([
      'neon1:answerLost',
      'neon2:answerLost',
      'delivery1:drop+delivery1:late',
      'delivery1:drop+delivery2:late',
    ]);
  });

  it('has forty cases at the most', () => {
    expect(casesOf(['hears2', 'seed*@25'], course)).toHaveLength(40);
  });

  it('is refused when it counts what is not there', () => {
    expect(() => casesOf(['mysql*:answerLost'], course)).toThrow('"mysql*" stands for nothing');
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
