import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstSentence, forEar } from './spoken-text.ts';

describe('the first sentence of a text', () => {
  it.each([
    ['I added the filter. Then I ran the tests.', 'I added the filter.'],
    ['Which branch should I use?', 'Which branch should I use?'],
    ['Version 1.2 is out, at last', 'Version 1.2 is out, at last.'],
    ['## Summary\n\nAll is well.', 'Summary.'],
    ['I will **rename** the _old_ handler:', 'I will rename the old handler.'],
    ['- first item\n- second item', 'first item second item.'],
    ['See [the guide](https://example.com/a) for more.', 'See the guide for more.'],
    ['Look at https://example.com/x?y=1 now.', 'Look at a link now.'],
    ['Changed `src/http/router.ts` and `limit`.', 'Changed router.ts and limit.'],
    ['The bug is in src/store/todos.ts, I think.', 'The bug is in todos.ts, I think.'],
    ['```ts\nconst x = 1;\n```\nThat fixes it.', 'That fixes it.'],
    ['Commit 0123456789abcdef0123 has it.', 'Commit has it.'],
    ['snake_case_names stay whole.', 'snake_case_names stay whole.'],
  ])('of %j is %j', (text, spoken) => {
    expect(firstSentence(text)).toBe(spoken);
  });

  it.each(['', '   ', '```\ncode only\n```', '---', '![picture](x.png)'])('of %j is nothing', (text) => {
    expect(firstSentence(text)).toBeNull();
  });

  it('ends long sentences at a word', () => {
    const spoken = firstSentence('word '.repeat(100)) ?? '';
    expect(spoken.length).toBeLessThanOrEqual(200);
    expect(spoken).toMatch(/ word…$/);
  });

  it('is one line of at most 200 characters, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), (text) => {
        const spoken = firstSentence(text);
        if (spoken === null) return;
        expect(spoken.length).toBeLessThanOrEqual(201);
        expect(spoken).not.toMatch(/\n/);
        expect(spoken.isWellFormed()).toBe(true);
      }),
    );
  });

  it('takes a text of a megabyte in no time', () => {
    const startedAt = performance.now();
    firstSentence('*_`[('.repeat(200_000));
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('what a call is about', () => {
  it.each([
    ['src/server.ts', 'server.ts'],
    ['README.md', 'README.md'],
    ['https://example.com/docs/page?q=1', 'a link'],
    ['src/', 'src'],
    ['where todos are sorted', 'where todos are sorted'],
    ['from a/b/c.ts to d/e.ts', 'from c.ts to e.ts'],
  ])('%j is said as %j', (subject, spoken) => {
    expect(forEar(subject)).toBe(spoken);
  });

  it('is never long', () => {
    expect(forEar('x'.repeat(500)).length).toBe(80);
  });
});
