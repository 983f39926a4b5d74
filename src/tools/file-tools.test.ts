import { describe, expect, it } from 'vitest';
import { memoryWorkspace } from '../workspace/testing.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { validateCall } from './execute.ts';
import { MAX_OUTPUT_LENGTH } from './output.ts';
import { toolContext } from './testing.ts';
import type { ToolResult } from './tool.ts';

const files = {
  'README.md': '# Sample\n\nHello\n',
  'src/a.ts': 'const a = 1;\nconst b = a;\n',
  'src/deep/c.ts': 'export {};\n',
  'windows.txt': 'one\r\ntwo\r\nthree\r\n',
  'logo.png': new Uint8Array([137, 80, 78, 71, 0, 1]),
  'latin1.txt': new Uint8Array([0xe9, 0x74, 0xe9]),
  'empty.txt': '',
};

/** Calls a tool as the engine does: checked first. */
async function call(workspace: Workspace, name: string, input: unknown): Promise<ToolResult> {
  const checked = validateCall(name, input, [name]);
  if (!checked.ok) throw new Error(checked.message);
  return checked.tool.run(toolContext({ workspace }), checked.input);
}

const error = (text: string) => ({ isError: true, output: expect.stringContaining(text) });

describe('list_files', () => {
  it('lists all files with the uncommitted ones, without the deleted ones', async () => {
    const workspace = memoryWorkspace(files);
    workspace.write('src/new.ts', 'x');
    workspace.remove('logo.png');
    const { output } = await call(workspace, 'list_files', {});
    expect(output.split('\n')).toEqual([
      'README.md',
      'empty.txt',
      'latin1.txt',
      'src/a.ts',
      'src/deep/c.ts',
      'src/new.ts',
      'windows.txt',
    ]);
  });

  it.each(['src', './src/'])('lists the folder %s alone', async (path) => {
    const { output } = await call(memoryWorkspace({ ...files, srcx: '' }), 'list_files', { path });
    expect(output).toBe('src/a.ts\nsrc/deep/c.ts');
  });

  it('says when there is nothing', async () => {
    expect(await call(memoryWorkspace(files), 'list_files', { path: 'lib' })).toMatchObject(
      error('no files in lib'),
    );
    expect((await call(memoryWorkspace(), 'list_files', { path: '.' })).output).toBe(
      'There are no files yet.',
    );
  });

  it('cuts a long list and says how to see more', async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`folder/file-${i}.ts`, '']));
    const { output } = await call(memoryWorkspace(many), 'list_files', {});
    expect(output.length).toBeLessThanOrEqual(MAX_OUTPUT_LENGTH);
    expect(output).toMatch(/\[\d+ more lines left out\. Give the path of a folder to see fewer\.\]$/);
  });
});

describe('read_file', () => {
  it('numbers the lines', async () => {
    const { output } = await call(memoryWorkspace(files), 'read_file', { path: './README.md' });
    expect(output).toBe('1\t# Sample\n2\t\n3\tHello');
  });

  it('reads a range, and one that goes past the end', async () => {
    const read = (startLine: number, endLine: number) =>
      call(memoryWorkspace(files), 'read_file', { path: 'windows.txt', startLine, endLine });
    expect((await read(2, 2)).output).toBe('2\ttwo');
    expect((await read(2, 99)).output).toBe('2\ttwo\n3\tthree');
  });

  it('prefers the uncommitted text', async () => {
    const workspace = memoryWorkspace(files);
    workspace.write('README.md', 'new');
    expect((await call(workspace, 'read_file', { path: 'README.md' })).output).toBe('1\tnew');
    workspace.remove('README.md');
    expect(await call(workspace, 'read_file', { path: 'README.md' })).toMatchObject(
      error('no file README.md'),
    );
  });

  it.each([
    [{ path: 'logo.png' }, 'binary'],
    [{ path: 'latin1.txt' }, 'not UTF-8'],
    [{ path: 'ghost.ts' }, 'no file ghost.ts'],
    [{ path: 'README.md', startLine: 9 }, 'ends at line 3'],
    [{ path: 'README.md', startLine: 3, endLine: 2 }, 'before startLine'],
  ])('refuses %j', async (input, reason) => {
    expect(await call(memoryWorkspace(files), 'read_file', input)).toMatchObject(error(reason));
  });

  it('says of an empty file that it is', async () => {
    expect((await call(memoryWorkspace(files), 'read_file', { path: 'empty.txt' })).output).toContain(
      'is empty',
    );
  });

  it('cuts by lines, shortens very long ones, and says where to read on', async () => {
    const long = `${'y'.repeat(5000)}\n${'some words\n'.repeat(10_000)}`;
    const { output } = await call(memoryWorkspace({ 'long.txt': long }), 'read_file', { path: 'long.txt' });
    expect(output.length).toBeLessThanOrEqual(MAX_OUTPUT_LENGTH);
    expect(output).toContain('more characters in this line]\n2\tsome words');
    const shown = output.split('\n').length - 1;
    expect(output).toContain(`Read on with startLine ${shown + 1}.`);
  });
});

describe('write_file', () => {
  it('creates and replaces, and says which', async () => {
    const workspace = memoryWorkspace(files);
    expect(await call(workspace, 'write_file', { path: 'src/new.ts', content: 'x' })).toEqual({
      output: 'Created src/new.ts.',
      events: [{ type: 'file.changed', data: { path: 'src/new.ts', change: 'created' } }],
    });
    expect((await call(workspace, 'write_file', { path: 'src/new.ts', content: 'y' })).events).toEqual([
      { type: 'file.changed', data: { path: 'src/new.ts', change: 'edited' } },
    ]);
    expect(workspace.takeChanges().put).toEqual([{ path: 'src/new.ts', content: 'y' }]);
  });

  it('counts a file that was deleted before as created', async () => {
    const workspace = memoryWorkspace(files);
    workspace.remove('README.md');
    const { events } = await call(workspace, 'write_file', { path: 'README.md', content: 'x' });
    expect(events).toMatchObject([{ data: { change: 'created' } }]);
  });

  it.each([
    ['src/a.ts/b.ts', 'src/a.ts is a file'],
    ['src', 'src is a folder'],
  ])('refuses %s, which cannot stand beside what is there', async (path, reason) => {
    const workspace = memoryWorkspace(files);
    expect(await call(workspace, 'write_file', { path, content: '' })).toMatchObject(error(reason));
    expect(workspace.overlay.size).toBe(0);
  });

  it.each([
    ['a\0b', 'NUL'],
    ['\ud800', 'surrogate'],
    ['x'.repeat(1024 * 1024 + 1), 'more than a file may have'],
  ])('refuses a text that cannot be stored (%#)', async (content, reason) => {
    const result = await call(memoryWorkspace(), 'write_file', { path: 'x', content });
    expect(result).toMatchObject(error(reason));
  });
});

describe('edit_file', () => {
  const edit = (workspace: Workspace, oldText: string, newText: string, path = 'src/a.ts') =>
    call(workspace, 'edit_file', { path, oldText, newText });

  it('replaces the one passage, whatever the new text looks like', async () => {
    const workspace = memoryWorkspace(files);
    expect(await edit(workspace, '= 1', "= $& + '$1'")).toEqual({
      output: 'Edited src/a.ts.',
      events: [{ type: 'file.changed', data: { path: 'src/a.ts', change: 'edited' } }],
    });
    expect(workspace.overlay.get('src/a.ts')).toBe("const a = $& + '$1';\nconst b = a;\n");
  });

  it.each([
    ['nowhere', 'does not occur'],
    ['const', 'occurs 2 times'],
    ['new', 'the same'],
  ])('refuses %s', async (oldText, reason) => {
    const workspace = memoryWorkspace(files);
    expect(await edit(workspace, oldText, 'new')).toMatchObject(error(reason));
    expect(workspace.overlay.size).toBe(0);
  });

  it('counts overlapping matches', async () => {
    const workspace = memoryWorkspace({ 'src/a.ts': 'ababa' });
    expect(await edit(workspace, 'aba', 'x')).toMatchObject(error('occurs 2 times'));
  });

  it('keeps the line ends of a file that has \\r\\n', async () => {
    const workspace = memoryWorkspace(files);
    await edit(workspace, 'one\ntwo', 'one\nand\ntwo', 'windows.txt');
    expect(workspace.overlay.get('windows.txt')).toBe('one\r\nand\r\ntwo\r\nthree\r\n');
  });

  it.each(['logo.png', 'ghost.ts'])('refuses %s', async (path) => {
    expect(await edit(memoryWorkspace(files), 'a', 'b', path)).toMatchObject({ isError: true });
  });
});

describe('delete_file', () => {
  it('deletes, binary files too', async () => {
    const workspace = memoryWorkspace(files);
    expect(await call(workspace, 'delete_file', { path: 'logo.png' })).toEqual({
      output: 'Deleted logo.png.',
      events: [{ type: 'file.changed', data: { path: 'logo.png', change: 'deleted' } }],
    });
    expect(await workspace.exists('logo.png')).toBe(false);
  });

  it('refuses what is not there', async () => {
    const result = await call(memoryWorkspace(files), 'delete_file', { path: 'ghost.ts' });
    expect(result).toMatchObject(error('no file ghost.ts'));
  });
});

describe('search_code', () => {
  const search = (workspace: Workspace, pattern: string, path?: string) =>
    call(workspace, 'search_code', { pattern, path });

  it('shows path, line and text, uncommitted edits included', async () => {
    const workspace = memoryWorkspace(files);
    workspace.write('lib/z.ts', 'x\nconst z = 1;\n');
    workspace.remove('src/deep/c.ts');
    const { output } = await search(workspace, '^const \\w = (1|a);$|^export');
    expect(output).toBe('lib/z.ts:2: const z = 1;\nsrc/a.ts:1: const a = 1;\nsrc/a.ts:2: const b = a;');
  });

  it('stays within a folder', async () => {
    expect((await search(memoryWorkspace(files), 'e', 'src/deep')).output).toBe(
      'src/deep/c.ts:1: export {};',
    );
  });

  it('says when nothing matches', async () => {
    expect(await search(memoryWorkspace(files), 'nowhere')).toEqual({ output: 'Nothing matches.' });
  });

  it.each([
    ['(', 'no regular expression'],
    ['(a)\\1', 'search for the parts'],
  ])('refuses the pattern %s', async (pattern, reason) => {
    expect(await search(memoryWorkspace(files), pattern)).toMatchObject(error(reason));
  });

  it('stops after many matches', async () => {
    const { output } = await search(memoryWorkspace({ 'a.txt': 'x\n'.repeat(2000) }), 'x');
    expect(output).toContain('More than 500 matches');
    expect(output.length).toBeLessThanOrEqual(MAX_OUTPUT_LENGTH);
  });

  it('takes patterns of up to 500 characters', () => {
    const check = (length: number) =>
      validateCall('search_code', { pattern: 'x'.repeat(length) }, ['search_code']).ok;
    expect([check(500), check(501)]).toEqual([true, false]);
  });

  it('stops a search that is too much work, and says so', async () => {
    const text = `${'a'.repeat(1000)}\n`.repeat(1000);
    const pattern = '(?:\\pL{1}){0,200}b';
    const { output } = await search(memoryWorkspace({ 'a.txt': `aab\n${text}` }), pattern);
    expect(output).toContain('a.txt:1: aab\n[Not all files were searched');
    expect((await search(memoryWorkspace({ 'a.txt': text }), pattern)).output).toContain(
      'Nothing matches so far. [Not all',
    );
  });

  it('lets other work have its turn, and stops when the call is aborted', async () => {
    const text = 'some words\n'.repeat(90_000);
    const workspace = memoryWorkspace(Object.fromEntries(['a', 'b', 'c'].map((path) => [path, text])));
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('stopped')));
    const checked = validateCall('search_code', { pattern: 'nowhere' }, ['search_code']);
    if (!checked.ok) throw new Error(checked.message);
    const running = checked.tool.run(toolContext({ workspace, signal: controller.signal }), checked.input);
    await expect(running).rejects.toThrow('stopped');
  });
});

describe('update_plan', () => {
  it('tells the plan', async () => {
    const steps = [
      { title: 'Read', status: 'done' },
      { title: 'Write', status: 'inProgress' },
    ];
    expect(await call(memoryWorkspace(), 'update_plan', { steps })).toEqual({
      output: 'The plan is shown: 1 of 2 steps done.',
      events: [{ type: 'plan.updated', data: { steps } }],
    });
  });
});
