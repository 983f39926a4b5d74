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

  it('lets all other JSON of little depth through', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        fc.pre(!JSON.stringify(JSON.parse(text)).includes('\\u0000'));
        expect(look(text)).toBeNull();
      }),
    );
  });
});
