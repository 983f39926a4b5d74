import { insertAfter, lastLine, lineFrom } from './edits.ts';
import type { ScriptedCall } from './turn.ts';

/** A change of one file of the sample repository, computed from what the file contains. */
export interface DemoEdit {
  path: string;
  says: string;
  /** Whether the file has the change already. */
  isDone(content: string): boolean;
  /** The calls that make it; none when the file does not look as expected. */
  calls(content: string): ScriptedCall[];
}

export const STORE = 'src/store.ts';
export const ROUTES = 'src/routes.ts';
const TESTS = 'test/todos.spec.ts';
const README = 'README.md';

export const demoEdits: DemoEdit[] = [
  {
    path: STORE,
    says: 'The store cannot forget a todo yet, so I start there.',
    isDone: (content) => /^ {2}remove\(id: string\)/m.test(content),
    calls(content) {
      const end = lastLine(content, /^ {2}}$/);
      if (end < 0) return [];
      const method = [
        '',
        '  /** Returns whether there was such a todo. */',
        '  remove(id: string): boolean {',
        '    return this.#todos.delete(id);',
        '  }',
      ];
      return [insertAfter(STORE, content, end, method)];
    },
  },
  {
    path: ROUTES,
    says: 'Now the endpoint: one line in the table and its handler, which answers 204, or 404 as the others do.',
    isDone: (content) => /method: 'DELETE', path: '\/todos\/:id'/.test(content),
    calls(content) {
      const entry = lastLine(content, /method: 'PATCH', path: '\/todos\/:id'/);
      const handler = lineFrom(content, 0, /^function updateTodo\(/);
      const end = handler < 0 ? -1 : lineFrom(content, handler, /^}$/);
      if (entry < 0 || end < 0) return [];
      const row = "    { method: 'DELETE', path: '/todos/:id', handle: (call) => deleteTodo(store, call) },";
      const code = [
        '',
        'function deleteTodo(store: TodoStore, { params }: Call): Answer {',
        "  return store.remove(params.id ?? '') ? { status: 204 } : noSuchTodo();",
        '}',
      ];
      return [insertAfter(ROUTES, content, entry, [row]), insertAfter(ROUTES, content, end, code)];
    },
  },
  {
    path: TESTS,
    says: 'A test for it: the todo is gone, and a second time gives 404.',
    isDone: (content) => content.includes("'DELETE', '/todos/"),
    calls(content) {
      const end = lastLine(content, /^}\);$/);
      if (end < 0) return [];
      const code = [
        '',
        "test('deletes a todo', async (t) => {",
        '  const send = await startClient(t);',
        "  await send('POST', '/todos', { title: 'Buy milk' });",
        "  assert.deepEqual(await send('DELETE', '/todos/1'), { status: 204, body: undefined });",
        "  assert.equal((await send('GET', '/todos/1')).status, 404);",
        "  assert.equal((await send('DELETE', '/todos/1')).status, 404);",
        '});',
      ];
      return [insertAfter(TESTS, content, end, code)];
    },
  },
  {
    path: README,
    says: 'The README lists the endpoints, so it gets a row too.',
    isDone: (content) => content.includes('| DELETE | `/todos/:id` |'),
    calls(content) {
      const row = lastLine(content, /^\| [A-Z]+ \| `\/todos\/:id` \|/);
      if (row < 0) return [];
      return [
        insertAfter(README, content, row, [
          '| DELETE | `/todos/:id` | Deletes a todo; 204, or 404 when there is none |',
        ]),
      ];
    },
  },
];
