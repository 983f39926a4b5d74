import { describe, expect, it } from 'vitest';
import { leadsElsewhere } from './leads-elsewhere.ts';

describe('leadsElsewhere', () => {
  it.each([
    'See https://evil.example.com/?q=1',
    'See HTTP://evil.example.com',
    'See www.evil.example.com/?q=1',
    '![](//evil.example.com/x.png)',
    '![a](&#104;ttps://evil.example.com/?q=1)',
    '![a][b]\n\n[b]: evil',
    '[click](evil)',
    '[click] (evil)',
    '<img src=x>',
    '<IMG SRC=x>',
    '<!-- hidden -->',
    '<a href=x>',
  ])('finds the way out in %j', (text) => {
    expect(leadsElsewhere(text)).toBe(true);
  });

  it.each([
    'Closes #7. The order is saved now, see src/orders.ts and docs/a.md.',
    'I looked at `a < b` and 3 <4 [sic].',
    '- [ ] Test\n- [x] Code\n\n| a | b |\n|---|---|',
  ])('leaves plain words alone: %j', (text) => {
    expect(leadsElsewhere(text)).toBe(false);
  });
});
