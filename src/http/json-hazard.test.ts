import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonHazard } from './json-hazard.ts';

const look = (text: string) => jsonHazard(new TextEncoder().encode(text));
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('jsonHazard', () => {
  it('allows 32 levels and no more', () => {
    expect(look(nested(32))).toBeNull();
    expect(look(nested(33))).toContain('32 levels');
    expect(look('{"a":'.repeat(33))).toContain('32 levels');
  });

  it('counts depth, not brackets', () => {
    expect(look(`[${Array.from({ length: 100 }, () => '[{}]').join()}]`)).toBeNull();
  });

  it('does not count brackets in texts', () => {
    expect(look(JSON.stringify({ text: `"\\${'['.repeat(100)}` }))).toBeNull();
  });

  it.each([['a\u0000b'], [{ 'k\u0000': 1 }], ['\\\u0000']])('finds the NUL in %j', (value) => {
    expect(look(JSON.stringify(value))).toContain('NUL');
  });

  it('does not mistake an escaped backslash for it', () => {
    expect(look(JSON.stringify('\\u0000'))).toBeNull();
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":1,"c":[],"b":2}}',
    '[{"a":1},{"b":1 , "b" : 2}]',
  ])('finds the key that is there twice in %s', (text) => {
    expect(look(text)).toContain('twice');
  });

  it.each([
    '{"a":{"a":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a:","c":["a"]}',
    '{"a":[{"a":1}],"b":1}',
  ])('takes the same word at different places for what it is: %s', (text) => expect(look(text)).toBeNull());

  it.each(['{"__proto__":{}}', '{"a":[{"__pr\\u006fto__":1}]}'])(
    'finds the key in %s that is none',
    (text) => {
      expect(look(text)).toContain('__proto__');
    },
  );

  it('counts keys and items, wherever they are, and stops there', () => {
    const list = (count: number) => `[${'1,'.repeat(count)}1]`;
    expect(look(list(19_999))).toBeNull();
    expect(look(list(20_001))).toContain('20000 keys and items');
    const keys = Array.from({ length: 20_001 }, (_, n) => `"k${n}":1`).join();
    expect(look(`{${keys}}`)).toContain('20000');
    expect(look(`{"a":"${','.repeat(100_000)}"}`)).toBeNull();
  });

  it('lets all other JSON of little depth through', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        fc.pre(!/\\u0000|__proto__/.test(JSON.stringify(JSON.parse(text))));
        expect(look(text)).toBeNull();
      }),
    );
  });
});
