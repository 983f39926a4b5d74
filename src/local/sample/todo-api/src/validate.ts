import type { TodoChanges } from './store.ts';

/** Something the client sent is wrong. The message is meant for the client. */
export class InvalidInput extends Error {}

export function readNewTodo(body: unknown): { title: string } {
  return { title: readTitle(asObject(body).title) };
}

export function readChanges(body: unknown): TodoChanges {
  const { title, done } = asObject(body);
  const changes: TodoChanges = {};
  if (title !== undefined) changes.title = readTitle(title);
  if (done !== undefined) {
    if (typeof done !== 'boolean') throw new InvalidInput('done must be true or false');
    changes.done = done;
  }
  return changes;
}

export function readDoneFilter(value: string | null): { done?: boolean } {
  if (value === null) return {};
  if (value === 'true' || value === 'false') return { done: value === 'true' };
  throw new InvalidInput('done must be true or false');
}

function readTitle(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') throw new InvalidInput('title must be a text');
  return value.trim();
}

function asObject(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InvalidInput('the body must be a JSON object');
  }
  return { ...body };
}
