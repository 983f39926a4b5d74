/** A node of a syntax tree. */
export interface AnyNode {
  type: string;
  start?: number | null;
  end?: number | null;
  loc?: { start: { line: number } } | null;
}

/** All nodes of a tree, in no order that anybody should rely on. It holds them in a list: sources may nest deeper than a stack. */
export function* nodesOf(tree: AnyNode): Generator<AnyNode & Record<string, unknown>> {
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const value = open.pop();
    if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (isNode(value)) {
      yield value;
      for (const [key, child] of Object.entries(value)) {
        if (typeof child === 'object' && child !== null && !NO_CHILDREN.has(key)) open.push(child);
      }
    }
  }
}

const NO_CHILDREN: ReadonlySet<string> = new Set(['loc', 'extra', 'comments', 'tokens', 'errors']);

export const isNode = (value: unknown): value is AnyNode & Record<string, unknown> =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

export const lineOf = ({ loc }: AnyNode): number | null => loc?.start.line ?? null;

/** The text of a node that is one, such as of `'./store.ts'`. */
export const textOfLiteral = (node: unknown): string | null =>
  isNode(node) && node.type === 'StringLiteral' && typeof node.value === 'string' ? node.value : null;
