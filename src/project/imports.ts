import type { Source } from './parse-source.ts';
import { type AnyNode, isNode, lineOf, nodesOf, textOfLiteral } from './walk.ts';

/** What a source takes from elsewhere: `names` of it, null where that cannot be told or all of it is meant. */
export interface Import {
  from: string;
  line: number | null;
  names: string[] | null;
  /** Nothing of it is there when the program runs. */
  isType: boolean;
  /** By `require`, which guesses endings. */
  isRequired: boolean;
}

/** Every import of a source whose origin is written out. */
export function importsOf({ tree }: Source): Import[] {
  const imports: Import[] = [];
  for (const node of nodesOf(tree.program)) {
    const found = importIn(node);
    if (found) imports.push(found);
  }
  return imports.sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
}

type Node = AnyNode & Record<string, unknown>;

function importIn(node: Node): Import | null {
  const line = lineOf(node);
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      const from = textOfLiteral(node.source);
      if (from === null) return null;
      const specifiers = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : [];
      const isType =
        node.importKind === 'type' ||
        node.exportKind === 'type' ||
        (specifiers.length > 0 && specifiers.every((each) => each.importKind === 'type'));
      const names = node.type === 'ExportAllDeclaration' ? [] : specifiers.flatMap(nameTaken);
      return { from, line, names, isType, isRequired: false };
    }
    case 'ImportExpression':
      return importOf(node.source, line, false);
    case 'CallExpression': {
      const [first] = Array.isArray(node.arguments) ? node.arguments : [];
      if (!isNode(node.callee)) return null;
      if (node.callee.type === 'Import') return importOf(first, line, false);
      const isRequire = node.callee.type === 'Identifier' && node.callee.name === 'require';
      return isRequire ? importOf(first, line, true) : null;
    }
    default:
      return null;
  }
}

function importOf(literal: unknown, line: number | null, isRequired: boolean): Import | null {
  const from = textOfLiteral(literal);
  return from === null ? null : { from, line, names: null, isType: false, isRequired };
}

function nameTaken(specifier: Node): string[] {
  switch (specifier.type) {
    case 'ImportDefaultSpecifier':
      return ['default'];
    case 'ImportSpecifier':
      return [nameOf(specifier.imported)].flat();
    case 'ExportSpecifier':
      return [nameOf(specifier.local)].flat();
    default:
      return [];
  }
}

export function nameOf(node: unknown): string[] {
  if (!isNode(node)) return [];
  if (node.type === 'StringLiteral' && typeof node.value === 'string') return [node.value];
  return typeof node.name === 'string' ? [node.name] : [];
}
