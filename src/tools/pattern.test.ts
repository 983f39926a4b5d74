import { describe, expect, it } from 'vitest';
import { compilePattern } from './pattern.ts';

describe('compilePattern', () => {
  it.each([
    ['TODO', '// TODO: all'],
    ['^\\s*export\\s+(async\\s+)?function\\s+\\w+\\s*\\(', 'export async function go() {'],
    ['(get|post|put)\\(', 'app.put('],
    ['(?:\\d{1,3}\\.){3}\\d{1,3}', 'at 127.0.0.1'],
    ['[(+*]+', 'a * b'],
    ['[(?=]', 'a = b'],
    ['\\(?=', 'a = b'],
    ['import .*? from', 'import a from "a"'],
    ['(?<name>\\w+)=', 'a=1'],
    ['\\/api\\/', 'GET /api/todos'],
    ['function.*{', 'function go() {'],
    ['\\u00e9', 'café'],
    ['\\\\1', 'a\\1'],
    ['(a|aa)+$', 'baaa'],
  ])('finds %s', (source, text) => {
    const compiled = compilePattern(source);
    expect(compiled.ok && compiled.pattern.test(text)).toBe(true);
  });

  it.each([
    ['', 'empty'],
    ['a)', 'no regular expression'],
    ['[z-a]', 'no regular expression'],
    ['x'.repeat(501), 'longer than 500'],
    ['(a)\\1', 'back-reference'],
    ['(?<a>a)\\k<a>', 'back-reference'],
    ['a(?=b+)', 'look-around'],
    ['(?<!x)y*', 'look-around'],
    ['(a{1,30}){1,30}b', 'use smaller counts'],
    ['((a{100}){100}){100}', 'no regular expression'],
  ])('refuses %s', (source, reason) => {
    expect(compilePattern(source)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('takes Unicode classes for dearer than others', () => {
    const steps = (source: string): number => {
      const compiled = compilePattern(source);
      return compiled.ok ? compiled.pattern.stepsPerUnit : 0;
    };
    expect(steps('\\p{L}')).toBe(10 * steps('a'));
  });

  const line = 1000;
  const worstLines = [
    'a'.repeat(line),
    `${' '.repeat(line - 1)}!`,
    'ab'.repeat(line / 2),
    `${'xyz '.repeat(line / 4 - 1)}q=b`,
    `${'a '.repeat(line / 2 - 1)}!`,
  ];

  it.each([
    '.*.*x',
    '.*.*.*.*.*.*x',
    '(a|a)*b',
    '(a|aa)+$',
    '(a+)+$',
    '(a*)*b',
    '(?:a?){100}a{100}x',
    '\\s+$',
    '(.*)(.*)=',
    '[^x]*[^y]*[^z]*q',
    '(\\w+\\s?)*$',
    '(x+x+)+y',
    '[ab]*a[ab]{200}[^ab]',
  ])('finishes %s on its worst lines', (source) => {
    const compiled = compilePattern(source);
    if (!compiled.ok) throw new Error(compiled.reason);
    const start = performance.now();
    for (let round = 0; round < 10; round++) for (const text of worstLines) compiled.pattern.test(text);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
