import { describe, expect, it } from 'vitest';
import { compilePattern } from './pattern.ts';

describe('compilePattern', () => {
  it.each([
    'TODO',
    '^\\s*export\\s+(async\\s+)?function\\s+\\w+\\s*\\(',
    '(get|post|put)\\(',
    '(foo|bar){1,3}',
    '(?:\\d{1,3}\\.){3}\\d{1,3}',
    '[(+*]+',
    '\\(\\+\\)+',
    'import .*? from',
    '(abc)+',
    '(?<name>\\w+)=',
    'a(?=b+)',
    '(?<!x)y*',
  ])('takes %s', (source) => expect(compilePattern(source)).toMatchObject({ ok: true }));

  it.each([
    ['', 'empty'],
    ['a)', 'no regular expression'],
    ['[z-a]', 'no regular expression'],
    ['x'.repeat(501), 'longer than 500'],
    ['(a+)+', 'take for ever'],
    ['(a*)*', 'take for ever'],
    ['(?:a+)*?', 'take for ever'],
    ['(a|aa)+', 'take for ever'],
    ['(a?a)*', 'take for ever'],
    ['((a|b))+', 'take for ever'],
    ['((a+)b)+', 'take for ever'],
    ['(x+){5}', 'take for ever'],
    ['(a|b){1,50}', 'take for ever'],
    ['(a{1,20})+', 'take for ever'],
    ['(?<name>\\w+)+', 'take for ever'],
    ['(a)\\1', 'back-reference'],
    ['(?<a>a)\\k<a>', 'back-reference'],
    ['a*b*c*d*e*f*g*', 'more than 6 open repeats'],
  ])('refuses %s', (source, reason) => {
    expect(compilePattern(source)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});
