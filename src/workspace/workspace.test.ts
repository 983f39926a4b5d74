import { describe, expect, it } from 'vitest';
import { emptyBase } from './empty-base.ts';
import { memoryBase, memoryWorkspace } from './testing.ts';
import { createWorkspace, WorkspaceError } from './workspace.ts';

const files = { 'a.txt': 'a', 'b.txt': 'b', 'logo.png': new Uint8Array([0, 1]) };

describe('a workspace', () => {
  it('shows the overlay over the base', async () => {
    const workspace = memoryWorkspace(files);
    workspace.write('./new.txt', 'new');
    workspace.write('a.txt', 'A');
    workspace.remove('b.txt');
    expect(await workspace.paths()).toEqual(['a.txt', 'logo.png', 'new.txt']);
    expect(await workspace.read('a.txt')).toEqual({ kind: 'text', text: 'A' });
    expect(await workspace.read('b.txt')).toEqual({ kind: 'missing' });
    expect(await workspace.read('logo.png')).toEqual({ kind: 'unreadable', reason: 'binary' });
    expect(Object.fromEntries(await workspace.search())).toEqual({ 'a.txt': 'A', 'new.txt': 'new' });
    expect(
      await Promise.all(['a.txt', 'b.txt', 'new.txt', 'x'].map((path) => workspace.exists(path))),
    ).toEqual([true, false, true, false]);
  });

  it('reports changes once, the last one of each path', () => {
    const workspace = memoryWorkspace(files);
    workspace.write('a.txt', '1');
    workspace.write('a.txt', '2');
    workspace.remove('b.txt');
    expect(workspace.takeChanges()).toEqual({
      baseSha: null,
      put: [
        { path: 'a.txt', content: '2' },
        { path: 'b.txt', content: null },
      ],
      removed: [],
    });
    expect(workspace.takeChanges()).toEqual({ baseSha: null, put: [], removed: [] });
  });

  it('takes stored edits as they are and reports none of them', async () => {
    const workspace = createWorkspace({
      repository: 'o/r',
      branch: 'b',
      baseBranch: 'main',
      baseSha: 's1',
      overlay: [['a.txt', null]],
      openBase: () => memoryBase(files),
    });
    expect(await workspace.exists('a.txt')).toBe(false);
    expect(workspace.takeChanges()).toEqual({ baseSha: null, put: [], removed: [] });
  });

  it('moves to another base and forgets the given paths, changes of this step included', async () => {
    const opened: (string | null)[] = [];
    const workspace = createWorkspace({
      repository: 'o/r',
      branch: 'b',
      baseBranch: 'main',
      baseSha: 's1',
      overlay: [['old.txt', 'stored']],
      openBase: (sha) => {
        opened.push(sha);
        return sha === 's2' ? memoryBase({ 'a.txt': 'theirs' }) : emptyBase;
      },
    });
    workspace.write('a.txt', 'mine');
    workspace.write('kept.txt', 'kept');
    workspace.rebase('s2', ['a.txt', 'old.txt']);
    expect(await workspace.read('a.txt')).toEqual({ kind: 'text', text: 'theirs' });
    expect(workspace.takeChanges()).toEqual({
      baseSha: 's2',
      put: [{ path: 'kept.txt', content: 'kept' }],
      removed: ['a.txt', 'old.txt'],
    });
    expect(opened).toEqual(['s1', 's2']);
    expect(workspace.takeChanges()).toEqual({ baseSha: null, put: [], removed: [] });
  });

  it('stores a path again that was forgotten in the same step', () => {
    const workspace = memoryWorkspace(files);
    workspace.write('a.txt', '1');
    workspace.rebase('s2', workspace.overlay.keys());
    workspace.write('a.txt', '2');
    expect(workspace.takeChanges()).toEqual({
      baseSha: 's2',
      put: [{ path: 'a.txt', content: '2' }],
      removed: [],
    });
  });

  it.each(['../x', '.git/config', '/etc/passwd', 'a//b'])('refuses to write %s', (path) => {
    const workspace = memoryWorkspace(files);
    expect(() => workspace.write(path, '')).toThrow(WorkspaceError);
    expect(() => workspace.remove(path)).toThrow(WorkspaceError);
    expect(workspace.overlay.size).toBe(0);
  });
});
