import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAncestor, relate } from './history.ts';
import type { Commit, GitStore } from './store.ts';

/** A history in memory: each commit names earlier ones as parents, and carries any date at all. */
function historyOf(commits: { parents: number[]; seconds: number }[]): Pick<GitStore, 'readCommit'> {
  const signature = (seconds: number) => ({ name: 'T', email: 't@example.com', seconds, zone: '+0000' });
  const byOid = new Map(
    commits.map(({ parents, seconds }, at): [string, Commit] => [
      String(at),
      {
        oid: String(at),
        tree: '',
        parents: [...new Set(parents)].filter((parent) => parent < at).map(String),
        author: signature(seconds),
        committer: signature(seconds),
        message: '',
      },
    ]),
  );
  return { readCommit: async (oid) => byOid.get(oid) };
}

function without(set: Set<string>, other: Set<string>): Set<string> {
  return new Set([...set].filter((oid) => !other.has(oid)));
}

describe('relate', () => {
  const shape = fc.record({
    parents: fc.array(fc.nat({ max: 11 }), { maxLength: 2 }),
    seconds: fc.nat({ max: 3 }),
  });

  it('finds what is only on one side, whatever the dates say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 12, maxLength: 12 }), async (commits) => {
        const store = historyOf(commits);
        const reach = async (oid: string): Promise<Set<string>> => {
          const parents = (await store.readCommit(oid))?.parents ?? [];
          const sets = await Promise.all(parents.map(reach));
          return new Set([oid, ...sets.flatMap((set) => [...set])]);
        };
        const [base, head] = [await reach('10'), await reach('11')];
        const { ahead, behind, mergeBase } = await relate(store, '10', '11');
        expect(new Set(ahead.map(({ oid }) => oid))).toEqual(without(head, base));
        expect(new Set(behind.map(({ oid }) => oid))).toEqual(without(base, head));
        const common = without(base, without(base, head));
        expect(mergeBase === undefined).toBe(common.size === 0);
        if (mergeBase !== undefined) expect(common.has(mergeBase)).toBe(true);
        expect(await isAncestor(store, '10', '11')).toBe(head.has('10'));
      }),
      { numRuns: 300 },
    );
  });

  it('sees that a commit is shared whose way from the base leads through older ones', async () => {
    const store = historyOf([
      { parents: [], seconds: 3 },
      { parents: [0], seconds: 0 },
      { parents: [1], seconds: 0 },
      { parents: [2], seconds: 2 },
      { parents: [3, 0], seconds: 3 },
    ]);
    const { ahead, behind, mergeBase } = await relate(store, '3', '4');
    expect(ahead.map(({ oid }) => oid)).toEqual(['4']);
    expect(behind).toEqual([]);
    expect(mergeBase).toBe('3');
  });

  it('lists children before their parents even when they are dated earlier', async () => {
    const store = historyOf([
      { parents: [], seconds: 100 },
      { parents: [0], seconds: 50 },
      { parents: [1], seconds: 10 },
    ]);
    expect((await relate(store, '0', '2')).ahead.map(({ oid }) => oid)).toEqual(['2', '1']);
  });
});
