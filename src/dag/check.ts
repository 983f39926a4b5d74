import { schemaProblems } from '../output-schema/schema-problems.ts';
import { checksOf } from './condition.ts';
import { type DagDefinition, type DagNode, MOST_EDGES } from './definition.ts';
import { mentionsIn, parseReference, type Reference, textsOf } from './references.ts';

/** What is wrong with a definition: where, such as `nodes.3.task`, and a sentence. */
export interface Problem {
  field: string;
  message: string;
}

/** Which node waits for which: `dependsOn`, and what its references imply. In the order of the nodes. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** Looks at a definition as a whole; with no problems, it can be executed. Tools and agents are for whoever knows them. */
export function checkDag(dag: DagDefinition): { problems: Problem[]; dependencies: Dependencies } {
  const places = new Map<string, number>();
  const problems: Problem[] = [];
  dag.nodes.forEach(({ id }, index) => {
    const first = places.get(id);
    if (first === undefined) places.set(id, index);
    else problems.push({ field: `nodes.${index}.id`, message: `"${id}" is the id of nodes.${first} too.` });
  });
  const dependencies = new Map<string, string[]>();
  dag.nodes.forEach((node, index) => {
    const at = `nodes.${index}`;
    problems.push(...oddities(node, at));
    const found = [...namedBy(node, at), ...mentionedBy(node, at)];
    const waitsFor = new Set<string>();
    for (const { field, reference, text } of found) {
      const message = whyNot(reference, text, node.id, dag, places);
      if (message !== null) problems.push({ field, message });
      else if (reference?.kind === 'output') waitsFor.add(reference.nodeId);
    }
    dependencies.set(node.id, [...waitsFor]);
  });
  const edges = [...dependencies.values()].reduce((sum, { length }) => sum + length, 0);
  if (edges > MOST_EDGES) {
    problems.push({ field: 'nodes', message: `${edges} dependencies are more than ${MOST_EDGES}.` });
  }
  const cycle = findCycle(dependencies);
  if (cycle) {
    problems.push({
      field: `nodes.${places.get(cycle[0] ?? '') ?? 0}.dependsOn`,
      message: `These wait for one another: ${cycle.join(' → ')}.`,
    });
  }
  return { problems, dependencies };
}

function oddities({ task, tool, input, when, outputSchema }: DagNode, at: string): Problem[] {
  const problems: Problem[] = [];
  if ((task === undefined) === (tool === undefined)) {
    problems.push({ field: at, message: 'A node has either a task for an agent or a tool.' });
  }
  if (tool === undefined && input !== undefined) {
    problems.push({ field: `${at}.input`, message: 'Only a tool has an input.' });
  }
  if (tool !== undefined && outputSchema !== undefined) {
    problems.push({
      field: `${at}.outputSchema`,
      message: 'Only a task has one: a tool gives what it gives.',
    });
  }
  for (const { path, message } of outputSchema ? schemaProblems(outputSchema) : []) {
    problems.push({ field: [`${at}.outputSchema`, ...path].join('.'), message });
  }
  for (const { check, at: field } of when ? checksOf(when, `${at}.when`) : []) {
    const { ref: _, ...comparisons } = check;
    if (Object.keys(comparisons).length !== 1) {
      problems.push({ field, message: 'Give one of equals, notEquals, exists and in.' });
    }
  }
  return problems;
}

interface Found {
  field: string;
  text: string;
  reference: Reference | null;
}

const namedBy = ({ dependsOn = [] }: DagNode, at: string): Found[] =>
  dependsOn.map((nodeId, index) => ({
    field: `${at}.dependsOn.${index}`,
    text: nodeId,
    reference: { kind: 'output', nodeId, path: [] },
  }));

function mentionedBy({ task, input, when }: DagNode, at: string): Found[] {
  const texts = [...textsOf(task ?? null, `${at}.task`), ...textsOf(input ?? null, `${at}.input`)];
  return [
    ...texts.flatMap(({ text, at: field }) => mentionsIn(text).map((mention) => ({ field, ...mention }))),
    ...(when ? checksOf(when, `${at}.when`) : []).map(({ check, at: field }) => ({
      field: `${field}.ref`,
      text: check.ref,
      reference: parseReference(check.ref),
    })),
  ];
}

function whyNot(
  reference: Reference | null,
  text: string,
  nodeId: string,
  dag: DagDefinition,
  places: ReadonlyMap<string, number>,
): string | null {
  if (reference === null) return `"${text}" is neither params.<name> nor nodes.<id>.output.`;
  if (reference.kind === 'param') {
    return Object.hasOwn(dag.params ?? {}, reference.name)
      ? null
      : `There is no parameter "${reference.name}" in params.`;
  }
  if (reference.nodeId === nodeId) return 'A node cannot wait for itself.';
  return places.has(reference.nodeId) ? null : `There is no node "${reference.nodeId}".`;
}

/** The ids of nodes that wait for one another in a circle, the first one again at the end; null when nobody does. */
function findCycle(dependencies: Dependencies): string[] | null {
  const open = new Map(Array.from(dependencies, ([id, waitsFor]) => [id, waitsFor.length]));
  const dependents = new Map<string, string[]>();
  for (const [id, waitsFor] of dependencies) {
    for (const other of waitsFor) dependents.set(other, [...(dependents.get(other) ?? []), id]);
  }
  const free = [...open].filter(([, count]) => count === 0).map(([id]) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    open.delete(id);
    for (const dependent of dependents.get(id) ?? []) {
      const left = (open.get(dependent) ?? 0) - 1;
      open.set(dependent, left);
      if (left === 0) free.push(dependent);
    }
  }
  // Each node that is left waits for one that is left: following them leads into the circle.
  const path: string[] = [];
  let at = open.keys().next().value;
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    at = dependencies.get(at)?.find((other) => open.has(other));
  }
  return at === undefined ? null : [...path.slice(path.indexOf(at)), at];
}

/** The parameters of an execution: what is given, and defaults for the rest. */
export function chooseParams(
  { params: declared = {} }: DagDefinition,
  given: Readonly<Record<string, unknown>>,
): { params: Record<string, unknown>; problems: Problem[] } {
  const problems: Problem[] = [];
  const params: Record<string, unknown> = {};
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(declared, name)) {
      problems.push({ field: name, message: 'The DAG has no such parameter.' });
    }
  }
  for (const [name, { default: value }] of Object.entries(declared)) {
    const chosen = Object.hasOwn(given, name) ? given[name] : value;
    if (chosen === undefined) problems.push({ field: name, message: 'It has no default: give it a value.' });
    else params[name] = chosen;
  }
  return { params, problems };
}
