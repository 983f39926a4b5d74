import { describe, expect, it } from 'vitest';
import { createMemory } from './memory.ts';

const nothing = { put: [], forgotten: [] };

describe('a memory', () => {
  it('reports what changed once, the last value of each key', () => {
    const memory = createMemory({ old: 'o', kept: 'k' });
    memory.remember('agent', 'new', '1');
    memory.remember('agent', 'new', '2');
    expect(memory.forget('agent', 'old')).toBe(true);
    expect(memory.forget('agent', 'never')).toBe(false);
    const agent = { put: [{ key: 'new', value: '2' }], forgotten: ['old'] };
    expect(memory.takeChanges()).toEqual({ agent, organisation: nothing });
    expect(memory.takeChanges()).toEqual({ agent: nothing, organisation: nothing });
  });

  it('holds a hundred keys, and takes another one for a forgotten one', () => {
    const memory = createMemory(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key${n}`, 'v'])));
    expect(memory.remember('agent', 'more', 'v')).toContain('100 things');
    expect(memory.remember('agent', 'key7', 'w')).toBeNull();
    memory.forget('agent', 'key1');
    expect(memory.remember('agent', 'more', 'v')).toBeNull();
  });

  it('holds 20,000 characters, and a value may replace one of its own size', () => {
    const memory = createMemory({ big: 'x'.repeat(19_990) });
    expect(memory.remember('agent', 'key', 'too much')).toContain('20004 characters');
    expect(memory.remember('agent', 'big', 'y'.repeat(19_990))).toBeNull();
  });

  it('keeps what is for the organisation apart, and leaves its limits to who knows them', () => {
    const memory = createMemory({ a: 'x'.repeat(19_999) });
    expect(memory.remember('organisation', 'a', 'shared')).toBeNull();
    expect(memory.forget('organisation', 'b')).toBe(true);
    const organisation = { put: [{ key: 'a', value: 'shared' }], forgotten: ['b'] };
    expect(memory.takeChanges()).toEqual({ agent: nothing, organisation });
  });
});
