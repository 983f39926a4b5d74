import { nameOf } from './imports.ts';
import type { Source } from './parse-source.ts';
import { type AnyNode, isNode, nodesOf, textOfLiteral } from './walk.ts';

/** What a module gives: names, and the modules of which it gives everything. Null where that shows only when it runs. */
export interface Exports {
  names: Set<string>;
  all: string[];
}

type Node = AnyNode & Record<string, unknown>;

/** The exports of a source; null for one that is no module of ECMAScript. */
export function exportsOf({ tree }: Source): Exports | null {
  const given: Exports = { names: new Set(), all: [] };
  let isModule = false;
  for (const statement of tree.program.body) {
    if (!isNode(statement)) continue;
    switch (statement.type) {
      case 'ExportDefaultDeclaration':
        given.names.add('default');
        isModule = true;
        break;
      case 'ExportAllDeclaration': {
        const from = textOfLiteral(statement.source);
        if (from !== null) given.all.push(from);
        isModule = true;
        break;
      }
      case 'ExportNamedDeclaration':
        for (const name of namesGiven(statement)) given.names.add(name);
        isModule = true;
        break;
      case 'ImportDeclaration':
        isModule = true;
        break;
      case 'TSExportAssignment':
        return null;
    }
  }
  return isModule ? given : null;
}

function namesGiven({ declaration, specifiers }: Node): string[] {
  const renamed = Array.isArray(specifiers)
    ? specifiers.flatMap((each) => (isNode(each) ? nameOf(each.exported) : []))
    : [];
  if (!isNode(declaration)) return renamed;
  if (declaration.type !== 'VariableDeclaration') return [...renamed, ...nameOf(declaration.id)];
  const declared = Array.isArray(declaration.declarations) ? declaration.declarations : [];
  return [...renamed, ...declared.flatMap((each) => (isNode(each) ? namesBound(each.id) : []))];
}

/** The names that a pattern such as `{ a, b: [c] }` binds. What it takes them from is named as well, which does no harm here. */
const namesBound = (pattern: unknown): string[] =>
  isNode(pattern) ? Array.from(nodesOf(pattern)).flatMap(nameOf) : [];
