import { describe, expect, it } from 'vitest';
import { looksLikeApiKey, newApiKey, readApiKey } from './api-key.ts';

describe('API keys', () => {
  it('are read as they were made and are never the same twice', () => {
    const made = newApiKey();
    expect(made.key).toMatch(/^cad_[0-9A-Za-z]{10}_[0-9A-Za-z]{42}$/);
    expect(made.key).toContain(`cad_${made.prefix}_`);
    expect(readApiKey(made.key)).toEqual(made);
    expect(newApiKey().key).not.toBe(made.key);
  });

  it('use every digit about as often as any other', () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 500; n += 1) {
      for (const digit of newApiKey().key.slice(15, 51)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    }
    expect(counts.size).toBe(62);
    // 18,000 digits: 290 of each on average.
    expect(Math.min(...counts.values())).toBeGreaterThan(200);
    expect(Math.max(...counts.values())).toBeLessThan(390);
  });

  it('are refused when any one character was altered', () => {
    const { key } = newApiKey();
    for (let at = 0; at < key.length; at += 1) {
      const altered = `${key.slice(0, at)}${key[at] === 'x' ? 'y' : 'x'}${key.slice(at + 1)}`;
      expect(readApiKey(altered), altered).toBeNull();
    }
  });

  it('are refused when something is missing, added or swapped', () => {
    const { key } = newApiKey();
    const [head = '', prefix = '', secret = ''] = key.split('_');
    const broken = [
      '',
      'cad_',
      key.slice(0, -1),
      `${key}0`,
      ` ${key}`,
      `${key}\n`,
      key.toUpperCase(),
      key.replaceAll('_', '-'),
      `${head}_${prefix}_${[...secret].reverse().join('')}`,
      `${head}_${[...prefix].reverse().join('')}_${secret}`,
    ];
    for (const text of broken) expect(readApiKey(text), text).toBeNull();
  });

  it('are told from other bearer tokens by their beginning', () => {
    expect(looksLikeApiKey(newApiKey().key)).toBe(true);
    expect(looksLikeApiKey('eyJhbGciOiJIUzI1NiJ9.e30.AAAA')).toBe(false);
  });
});
