import { describe, expect, it } from 'vitest';
import { createOutputs } from './outputs.ts';

const file = (name: string, content: string) =>
  ({ name, kind: 'file', mediaType: 'text/plain', content }) as const;

describe('the outputs of a run', () => {
  it('report what changed once, the last content of each name', () => {
    const outputs = createOutputs({});
    expect(outputs.save(file('a.txt', 'grün'))).toEqual({ bytes: 5 });
    outputs.save(file('a.txt', 'blue'));
    expect(outputs.takeChanges()).toEqual([file('a.txt', 'blue')]);
    expect(outputs.takeChanges()).toEqual([]);
  });

  it('are twenty at most, and one may take the place of another', () => {
    const outputs = createOutputs(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${n}.txt`, 1])));
    expect(outputs.save(file('more.txt', 'x'))).toMatchObject({
      problem: expect.stringContaining('20 outputs'),
    });
    expect(outputs.save(file('7.txt', 'y'))).toEqual({ bytes: 1 });
  });

  it('have a megabyte each, and five together', () => {
    const outputs = createOutputs({ a: 1_000_000, b: 1_000_000, c: 1_000_000, d: 1_000_000, e: 999_999 });
    expect(outputs.save(file('e', 'x'.repeat(1_000_001)))).toMatchObject({
      problem: expect.stringContaining('1000001'),
    });
    expect(outputs.save(file('f', 'xx'))).toMatchObject({ problem: expect.stringContaining('5000001') });
    expect(outputs.save(file('e', 'x'.repeat(1_000_000)))).toEqual({ bytes: 1_000_000 });
  });
});
