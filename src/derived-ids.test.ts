import { TypeID } from 'typeid-js';
import { describe, expect, it } from 'vitest';
import { derivedIds } from './derived-ids.ts';

const SEED = 'key_01h455vb4pex5vsknk084sn02q';

describe('derivedIds', () => {
  it('gives the same ids to whoever has the same seed', () => {
    const [first, again] = [derivedIds(SEED), derivedIds(SEED)];
    for (const prefix of ['agent', 'run', 'run', 'message', 'agent'])
      expect(first(prefix)).toBe(again(prefix));
  });

  it('counts each prefix for itself, so that one way through a request does not move the ids of another', () => {
    const ids = derivedIds(SEED);
    ids('agent');
    ids('workspace');
    expect(ids('run')).toBe(derivedIds(SEED)('run'));
    expect(ids('run')).toBe('run_01h455vb4pex5vsknk084sn02r');
  });

  it('makes TypeIDs that differ, also where the number overflows', () => {
    const ids = derivedIds('key_01h455vb4pex5vsknk08zzzzzy');
    const made = Array.from({ length: 100 }, () => ids('run'));
    expect(new Set(made).size).toBe(100);
    for (const id of made) expect(TypeID.fromString(id, 'run').toString()).toBe(id);
    expect(made.slice(0, 3)).toEqual([
      'run_01h455vb4pex5vsknk08zzzzzy',
      'run_01h455vb4pex5vsknk08zzzzzz',
      'run_01h455vb4pex5vsknk08000000',
    ]);
  });
});
