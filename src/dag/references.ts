/** What a reference in a template or a condition points at: `params.x.y` or `nodes.a.output.x.y`. */
export type Reference =
  | { kind: 'param'; name: string; path: string[] }
  | { kind: 'output'; nodeId: string; path: string[] };

/** Bounded, so that no text makes the search slow. */
const BRACES = /\{\{([^{}]{1,300})\}\}/g;
const SEGMENT = /^[A-Za-z0-9_-]{1,100}$/;

/** The reference that a text is; null when it is none. */
export function parseReference(text: string): Reference | null {
  const segments = text.split('.');
  if (!segments.every((segment) => SEGMENT.test(segment))) return null;
  const [root, name, third, ...path] = segments;
  if (name === undefined) return null;
  if (root === 'params') return { kind: 'param', name, path: third === undefined ? [] : [third, ...path] };
  return root === 'nodes' && third === 'output' ? { kind: 'output', nodeId: name, path } : null;
}

/** A place in a text where a reference stands. `reference` is null when it begins like one and is none. */
export interface Mention {
  text: string;
  reference: Reference | null;
}

/**
 * The references in a text. Other double braces mean nothing to us: tasks speak of templates of all kinds, such as the
 * `${{ … }}` of GitHub Actions.
 */
export function mentionsIn(text: string): Mention[] {
  return Array.from(text.matchAll(BRACES), ([, inner = '']) => inner.trim())
    .filter(isMeant)
    .map((mention) => ({ text: mention, reference: parseReference(mention) }));
}

const isMeant = (text: string): boolean => text.startsWith('params.') || text.startsWith('nodes.');

/** What is known when a node begins. A dependency that was skipped has the output null. */
export interface Known {
  params: Readonly<Record<string, unknown>>;
  outputs: ReadonlyMap<string, NodeOutput>;
}

/** What came of a node: its text, and what it is as data, if it is any. */
export interface NodeOutput {
  isSkipped: boolean;
  text: string;
  value: unknown;
}

/** A reference to something that is not there. The message is for the user. */
export class Unresolved extends Error {
  constructor(text: string) {
    super(`{{${text}}} does not resolve.`);
    this.name = 'Unresolved';
  }
}

/** The value of a reference; undefined when there is none. */
export function lookUp(reference: Reference, { params, outputs }: Known): unknown {
  if (reference.kind === 'param') {
    return Object.hasOwn(params, reference.name)
      ? descend(params[reference.name], reference.path)
      : undefined;
  }
  const output = outputs.get(reference.nodeId);
  if (output === undefined) return undefined;
  if (output.isSkipped) return null;
  return reference.path.length === 0 ? (output.value ?? output.text) : descend(output.value, reference.path);
}

function descend(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    return Reflect.get(inner, key);
  }, value);
}

/**
 * A text with its references replaced.
 *
 * @throws {Unresolved}
 */
export function render(template: string, known: Known): string {
  return template.replaceAll(BRACES, (whole, inner: string) => {
    const text = inner.trim();
    return isMeant(text) ? asText(valueIn(text, known)) : whole;
  });
}

/**
 * JSON with the references in its texts replaced. A text that is nothing but one reference becomes its value, whatever type
 * that has. Keys stay as they are.
 *
 * @throws {Unresolved}
 */
export function renderJson(template: unknown, known: Known): unknown {
  if (typeof template === 'string') {
    const only = /^\{\{([^{}]{1,300})\}\}$/.exec(template)?.[1]?.trim();
    return only !== undefined && isMeant(only) ? valueIn(only, known) : render(template, known);
  }
  if (Array.isArray(template)) return template.map((item) => renderJson(item, known));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, renderJson(value, known)]));
}

function valueIn(text: string, known: Known): unknown {
  const reference = parseReference(text);
  const value = reference === null ? undefined : lookUp(reference, known);
  if (value === undefined) throw new Unresolved(text);
  return value;
}

const asText = (value: unknown): string => {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** All texts of a JSON value, each with where it stands. */
export function textsOf(value: unknown, at: string): { text: string; at: string }[] {
  if (typeof value === 'string') return [{ text: value, at }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsOf(inner, `${at}.${key}`));
}

/** What a text is as data: JSON, also in a fence, as models write it. Undefined when it is only text. */
export function dataIn(text: string): unknown {
  const fenced = /^```(?:json)?\n([\s\S]*)\n```$/.exec(text.trim())?.[1];
  try {
    const value: unknown = JSON.parse(fenced ?? text);
    return value;
  } catch {
    return undefined;
  }
}
