/** A JSON Schema that the result of a run is held to: what `schemaProblems` finds nothing wrong with. */
export type OutputSchema = Readonly<Record<string, unknown>>;

/** Below a schema there are schemas, or booleans for "anything" and "nothing". */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const DEFINITION = /^#\/(\$defs|definitions)\/([^/]+)$/;

/** What a `$ref` names: the schema itself ("#") or one of its definitions. Undefined where there is none. */
export function resolveRef(root: OutputSchema, ref: string): unknown {
  if (ref === '#') return root;
  const [, section = '', name = ''] = DEFINITION.exec(ref) ?? [];
  const definitions = root[section];
  const key = name.replaceAll('~1', '/').replaceAll('~0', '~');
  return isObject(definitions) && Object.hasOwn(definitions, key) ? definitions[key] : undefined;
}

/** Keywords whose schemas look at the very value that the schema around them looks at. */
export const IN_PLACE = ['allOf', 'anyOf', 'oneOf'] as const;
