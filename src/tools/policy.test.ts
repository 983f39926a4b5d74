import { describe, expect, it } from 'vitest';
import { validateCall } from './execute.ts';
import { hashArguments, permissionFor } from './policy.ts';

const call = (name: string, input: object) =>
  validateCall(name, input, ['write_file', 'commit', 'delete_file']);
const commit = call('commit', { message: 'Done' });

describe('permissionFor', () => {
  it('runs what no policy speaks of, asks or refuses where one does', () => {
    expect(permissionFor(commit, {})).toBe('run');
    expect(permissionFor(commit, { commit: 'always' })).toBe('run');
    expect(permissionFor(commit, { commit: 'ask', write_file: 'never' })).toBe('ask');
    expect(permissionFor(commit, { commit: 'never' })).toBe('refuse');
  });

  it.each(['.github/workflows/test.yml', './.github/workflows/deep/x.yml', '.GitHub/Workflows/test.yml'])(
    'always asks for what machines would run: %s',
    (path) => {
      const write = call('write_file', { path, content: 'on: push' });
      expect(permissionFor(write, { write_file: 'always' })).toBe('ask');
      expect(permissionFor(write, { write_file: 'never' })).toBe('refuse');
      expect(permissionFor(call('delete_file', { path }), {})).toBe('ask');
    },
  );

  it('asks nobody about a call that cannot run anyway', () => {
    expect(permissionFor(call('commit', {}), { commit: 'ask' })).toBe('run');
    expect(permissionFor(call('nothing', {}), { nothing: 'ask' })).toBe('run');
    const elsewhere = call('write_file', { path: 'docs/.github/workflows.md', content: '' });
    expect(permissionFor(elsewhere, {})).toBe('run');
  });
});

describe('hashArguments', () => {
  it('depends on the values and not on the order of the keys', async () => {
    const hash = await hashArguments({ a: 1, b: { c: [1, { d: 2, e: null }] } });
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashArguments({ b: { c: [1, { e: null, d: 2 }] }, a: 1 })).toBe(hash);
    expect(await hashArguments({ a: 1, b: { c: [{ d: 2, e: null }, 1] } })).not.toBe(hash);
  });
});
