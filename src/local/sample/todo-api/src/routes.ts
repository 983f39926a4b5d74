import type { Answer, Call, Route } from './router.ts';
import type { TodoStore } from './store.ts';
import { readChanges, readDoneFilter, readNewTodo } from './validate.ts';

/** The table of endpoints. */
export function createRoutes(store: TodoStore): Route[] {
  return [
    { method: 'GET', path: '/health', handle: () => ({ status: 200, body: { status: 'ok' } }) },
    { method: 'GET', path: '/todos', handle: (call) => listTodos(store, call) },
    { method: 'POST', path: '/todos', handle: (call) => createTodo(store, call) },
    { method: 'GET', path: '/todos/:id', handle: (call) => getTodo(store, call) },
    { method: 'PATCH', path: '/todos/:id', handle: (call) => updateTodo(store, call) },
  ];
}

function listTodos(store: TodoStore, { query }: Call): Answer {
  return { status: 200, body: store.list(readDoneFilter(query.get('done'))) };
}

function createTodo(store: TodoStore, { body }: Call): Answer {
  return { status: 201, body: store.create(readNewTodo(body).title) };
}

function getTodo(store: TodoStore, { params }: Call): Answer {
  const todo = store.get(params.id ?? '');
  return todo ? { status: 200, body: todo } : noSuchTodo();
}

function updateTodo(store: TodoStore, { params, body }: Call): Answer {
  const todo = store.update(params.id ?? '', readChanges(body));
  return todo ? { status: 200, body: todo } : noSuchTodo();
}

function noSuchTodo(): Answer {
  return { status: 404, body: { error: 'no such todo' } };
}
