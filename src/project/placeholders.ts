import type { Source } from './parse-source.ts';
import type { Problem } from './problem.ts';
import { type AnyNode, isNode, lineOf, nodesOf, textOfLiteral } from './walk.ts';

/** Marks, written so; a comment about the items of a todo list is none. */
const MARK = /\b(?:TODO|FIXME|XXX|TBD)\b/;

/** What a comment says in place of code. */
const LEFT_OUT =
  /implement (?:me|this|here)|(?:your|actual|real) (?:code|logic|implementation) (?:goes )?here|\b(?:rest|remainder) of (?:the|your|this) (?:code|file|implementation|logic|function|routes|handlers)|\.{3} ?(?:existing|other|more|remaining|rest)|placeholder (?:implementation|code|until|for)|not (?:yet )?implemented|for now,? (?:just )?return|add (?:more|other|your) .{0,30}here/i;

const UNDONE = /\b(?:not (?:yet )?implemented|unimplemented|implement me)\b/i;

/** What in a source stands for code that is not there: comments that say so, errors in its place, functions that do nothing. */
export function findPlaceholders({ path, tree }: Source): Problem[] {
  const problems: Problem[] = [];
  const comments = tree.comments ?? [];
  for (const { value, loc } of comments) {
    const [said] = MARK.exec(value) ?? LEFT_OUT.exec(value) ?? [];
    if (said !== undefined) {
      const message = `a comment says "${said}": write what belongs there`;
      problems.push({ path, line: loc?.start.line ?? null, message });
    }
  }
  for (const node of nodesOf(tree.program)) {
    const message = throwsInstead(node) ?? doesNothing(node, comments);
    if (message !== null) problems.push({ path, line: lineOf(node), message });
  }
  return problems;
}

function throwsInstead(node: AnyNode & Record<string, unknown>): string | null {
  if (node.type !== 'ThrowStatement' || !isNode(node.argument)) return null;
  const { argument } = node;
  if (argument.type !== 'NewExpression' || !Array.isArray(argument.arguments)) return null;
  const said = textOfLiteral(argument.arguments[0]);
  return said !== null && (MARK.test(said) || UNDONE.test(said))
    ? `throws "${said}" instead of doing it`
    : null;
}

type Comments = NonNullable<Source['tree']['comments']>;

/** A function with a name whose body is empty. One without may be meant as it is, as may one whose comment says why. */
function doesNothing(node: AnyNode & Record<string, unknown>, comments: Comments): string | null {
  const isNamed =
    node.type === 'FunctionDeclaration' ||
    (node.type === 'ClassMethod' && node.kind === 'method') ||
    (node.type === 'ObjectMethod' && node.kind === 'method');
  if (!isNamed || !isNode(node.body) || node.body.type !== 'BlockStatement') return null;
  const { body } = node;
  if (!Array.isArray(body.body) || body.body.length > 0 || isExplained(body, comments)) return null;
  const named = isNode(node.id) ? node.id : node.key;
  const name = isNode(named) && typeof named.name === 'string' ? named.name : 'a function';
  return `${name} does nothing: its body is empty`;
}

const isExplained = (body: AnyNode, comments: Comments): boolean =>
  comments.some(({ start, end }) => (start ?? 0) >= (body.start ?? 0) && (end ?? 0) <= (body.end ?? 0));
