import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Anthropic from '@anthropic-ai/sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient, tool } from '../testing.ts';

const SAMPLE = join(import.meta.dirname, '../../sample/todo-api');
const TOOLS = [
  'list_files',
  'read_file',
  'search_code',
  'write_file',
  'edit_file',
  'update_plan',
  'commit',
  'open_pull_request',
];

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

async function sampleFiles(): Promise<Map<string, string>> {
  const entries = await readdir(SAMPLE, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(SAMPLE.length + 1));
  return new Map(
    await Promise.all(
      paths.sort().map(async (path) => [path, await readFile(join(SAMPLE, path), 'utf8')] as const),
    ),
  );
}

/** The tools over files in memory. What fails throws. */
function carryOut(files: Map<string, string>, name: string, input: Record<string, string>): string {
  const { path = '', content = '', oldText = '', newText = '', pattern = '' } = input;
  const known = () => {
    const found = files.get(path);
    if (found === undefined) throw new Error(`${path} does not exist`);
    return found;
  };
  switch (name) {
    case 'list_files':
      return [...files.keys()].join('\n');
    case 'read_file':
      return known()
        .replace(/\n$/, '')
        .split('\n')
        .map((line, index) => `${index + 1}\t${line}`)
        .join('\n');
    case 'search_code':
      return [...files]
        .flatMap(([at, text]) => text.split('\n').map((line, index) => ({ at, line, index })))
        .filter(({ line }) => line.includes(pattern))
        .map(({ at, line, index }) => `${at}:${index + 1}: ${line}`)
        .join('\n');
    case 'write_file':
      files.set(path, content);
      return 'written';
    case 'edit_file':
      if (known().split(oldText).length !== 2) throw new Error('oldText must occur once');
      files.set(
        path,
        known().replace(oldText, () => newText),
      );
      return 'edited';
    default:
      return 'done';
  }
}

/** Plays a task to its end and gives all that was said and called. */
async function play(
  prompt: string,
  files: Map<string, string>,
  run: typeof carryOut = carryOut,
): Promise<{ calls: Anthropic.ToolUseBlock[]; texts: string[] }> {
  const { client } = createClient();
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: prompt }];
  const calls: Anthropic.ToolUseBlock[] = [];
  const texts: string[] = [];
  for (let turn = 0; turn < 30; turn += 1) {
    const stream = client.messages.stream({
      model: 'claude-opus-5',
      max_tokens: 4000,
      tools: TOOLS.map(tool),
      messages,
    });
    const { content, stop_reason: stopReason } = await stream.finalMessage();
    messages.push({ role: 'assistant', content });
    const results: Anthropic.ToolResultBlockParam[] = [];
    for (const block of content) {
      if (block.type === 'text') texts.push(block.text);
      if (block.type !== 'tool_use') continue;
      calls.push(block);
      const result = { type: 'tool_result' as const, tool_use_id: block.id };
      try {
        const input = Object(block.input);
        results.push({ ...result, content: run(files, block.name, input) });
      } catch (error) {
        results.push({ ...result, content: String(error), is_error: true });
      }
    }
    if (stopReason === 'end_turn') return { calls, texts };
    messages.push({ role: 'user', content: results });
  }
  throw new Error('the task did not come to an end');
}

async function runTests(files: Map<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'todo-api-'));
  directories.push(directory);
  await cp(SAMPLE, directory, { recursive: true });
  for (const [path, content] of files) await writeFile(join(directory, path), content);
  const { NODE_OPTIONS, ...env } = process.env;
  const run = await promisify(execFile)(process.execPath, ['--test', 'test/todos.spec.ts'], {
    cwd: directory,
    env: { ...env, NODE_TEST_CONTEXT: undefined },
  });
  return run.stdout;
}

describe('the task of the demo', () => {
  it('ends with an endpoint whose tests pass', async () => {
    const files = await sampleFiles();
    const { calls, texts } = await play('Add a DELETE /todos/:id endpoint with a test', files);
    expect(new Set(calls.map(({ name }) => name))).toEqual(
      new Set(TOOLS.filter((name) => name !== 'write_file')),
    );
    expect(calls.at(-1)).toMatchObject({ name: 'open_pull_request' });
    expect(calls.findLast(({ name }) => name === 'update_plan')?.input).toMatchObject({
      steps: [{ status: 'done' }, { status: 'done' }, { status: 'done' }, { status: 'done' }],
    });
    expect(texts.at(-1)).toContain('Todos can be deleted now');
    expect(files.get('README.md')).toContain('| DELETE | `/todos/:id` |');
    const output = await runTests(files);
    expect(output).toMatch(/pass 8\b/);
    expect(output).toContain('deletes a todo');
  });

  it.each([
    'Please add an endpoint to delete a todo.',
    'could you let people remove todos through the API',
    'Implement deleting todos, and test it',
  ])('is recognised in other words: %s', async (prompt) => {
    const files = await sampleFiles();
    await play(prompt, files);
    expect(files.get('src/routes.ts')).toContain('deleteTodo(store, call)');
  });

  it('works on the files as they are', async () => {
    const files = await sampleFiles();
    const routes = files.get('src/routes.ts') ?? '';
    files.set('src/routes.ts', `// A comment\n\n${routes}\nfunction extra(): void {\n  return;\n}\n`);
    await play('Add a DELETE /todos/:id endpoint with a test', files);
    expect(files.get('src/routes.ts')).toContain('deleteTodo(store, call)');
    expect(await runTests(files)).toMatch(/pass 8\b/);
  });

  it('changes nothing when the endpoint is there', async () => {
    const files = await sampleFiles();
    await play('Add a DELETE /todos/:id endpoint with a test', files);
    const before = new Map(files);
    const { calls } = await play('Add a DELETE /todos/:id endpoint with a test', files);
    expect(files).toEqual(before);
    expect(calls.some(({ name }) => name === 'commit')).toBe(false);
  });

  it('reads a file again when an edit did not fit', async () => {
    const files = await sampleFiles();
    let failures = 0;
    const { texts } = await play(
      'Add a DELETE /todos/:id endpoint with a test',
      files,
      (all, name, input) => {
        if (name === 'edit_file' && input.path === 'src/store.ts' && failures === 0) {
          failures += 1;
          all.set('src/store.ts', `// Someone was here\n${all.get('src/store.ts')}`);
          throw new Error('the file has changed');
        }
        return carryOut(all, name, input);
      },
    );
    expect(texts.join('\n')).toContain('I read the file again');
    expect(files.get('src/store.ts')).toMatch(/^\/\/ Someone was here[\s\S]*remove\(id: string\)/);
  });

  it('gives up on a file that cannot be changed, and says why', async () => {
    const { texts } = await play(
      'Add a DELETE /todos/:id endpoint with a test',
      await sampleFiles(),
      (all, name, input) => {
        if (name === 'edit_file') throw new Error('read-only');
        return carryOut(all, name, input);
      },
    );
    expect(texts.at(-1)).toBe('I could not change `src/store.ts`: Error: read-only');
  });

  it('is a task like any other in another repository', async () => {
    const files = new Map([['README.md', '# Something else\n']]);
    const { texts } = await play('Add a DELETE /todos/:id endpoint with a test', files);
    expect(files.get('NOTES.md')).toContain('> Add a DELETE /todos/:id endpoint with a test');
    expect(texts.at(-1)).toContain('I am the scripted local model');
  });
});
