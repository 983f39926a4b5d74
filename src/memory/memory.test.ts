import { describe, expect, it } from 'vitest';
import { createMemory } from './memory.ts';

describe('a memory', () => {
  it('reports what changed once, the last value of each key', () => {
    const memory = createMemory({ old: 'o', kept: 'k' });
    memory.remember('new', '1');
    memory.remember('new', '2');
    expect(memory.forget('old')).toBe(true);
    expect(memory.forget('never')).toBe(false);
    expect(memory.takeChanges()).toEqual({ put: [{ key: 'new', value: '2' }], forgotten: ['old'] });
    expect(memory.takeChanges()).toEqual({ put: [], forgotten: [] });
  });

  it('holds a hundred keys, and takes another one for a forgotten one', () => {
    const memory = createMemory(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key${n}`, 'v'])));
    expect(memory.remember('more', 'v')).toContain('100 things');
    expect(memory.remember('key7', 'w')).toBeNull();
    memory.forget('key1');
    expect(memory.remember('more', 'v')).toBeNull();
  });

  it('holds 20,000 characters, and a value may replace one of its own size', () => {
    const memory = createMemory({ big: 'x'.repeat(19_990) });
    expect(memory.remember('key', 'too much')).toContain('20004 characters');
    expect(memory.remember('big', 'y'.repeat(19_990))).toBeNull();
  });
});
