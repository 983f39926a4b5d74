export interface Todo {
  id: string;
  title: string;
  done: boolean;
}

export type TodoChanges = Partial<Omit<Todo, 'id'>>;

/** Todos in memory, in the order in which they were created. Callers get copies. */
export class TodoStore {
  #todos = new Map<string, Todo>();
  #lastId = 0;

  list(filter: { done?: boolean } = {}): Todo[] {
    return [...this.#todos.values()]
      .filter((todo) => filter.done === undefined || todo.done === filter.done)
      .map((todo) => ({ ...todo }));
  }

  get(id: string): Todo | undefined {
    const todo = this.#todos.get(id);
    return todo && { ...todo };
  }

  create(title: string): Todo {
    this.#lastId += 1;
    const todo = { id: String(this.#lastId), title, done: false };
    this.#todos.set(todo.id, todo);
    return { ...todo };
  }

  update(id: string, changes: TodoChanges): Todo | undefined {
    const todo = this.#todos.get(id);
    if (!todo) return undefined;
    const changed = { ...todo, ...changes };
    this.#todos.set(id, changed);
    return { ...changed };
  }
}
