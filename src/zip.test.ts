import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { zipOf } from './zip.ts';

describe('a zip', () => {
  it('has the files as they were', () => {
    const files = unzipSync(
      zipOf([
        { path: 'src/grün.ts', content: 'ü\n' },
        { path: 'a.txt', content: '' },
      ]),
    );
    expect(Object.entries(files).map(([path, bytes]) => [path, strFromU8(bytes)])).toEqual([
      ['a.txt', ''],
      ['src/grün.ts', 'ü\n'],
    ]);
  });

  it('is the same for the same files, in whatever order they come', () => {
    const [one, other] = [
      { path: 'a', content: '1' },
      { path: 'b', content: '2' },
    ];
    expect(zipOf([one, other])).toEqual(zipOf([other, one]));
  });
});
