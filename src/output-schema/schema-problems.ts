import { compilePattern } from '../tools/pattern.ts';
import { IN_PLACE, isObject, type OutputSchema, resolveRef } from './output-schema.ts';

/** What is wrong with a schema, and where in it. */
export interface SchemaProblem {
  path: (string | number)[];
  message: string;
}

const MAX_SCHEMA_BYTES = 16_000;
const MAX_DEPTH = 20;
const MOST_PROBLEMS = 10;

const TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];
const DRAFTS = /^https?:\/\/json-schema\.org\/(draft\/2020-12|draft-07)\/schema#?$/;

type Report = (message: string, ...below: (string | number)[]) => void;
type Below = (schema: unknown, ...below: (string | number)[]) => void;
type Keyword = (value: unknown, report: Report, below: Below, root: OutputSchema) => void;

const anything: Keyword = () => undefined;

const expect =
  (holds: (value: unknown) => boolean, expected: string): Keyword =>
  (value, report) => {
    if (!holds(value)) report(`expected ${expected}`);
  };

const isText = (value: unknown) => typeof value === 'string';
const text = expect(isText, 'text');
const number = expect(Number.isFinite, 'a number');
const size = expect((value) => Number.isSafeInteger(value) && Number(value) >= 0, 'a whole number from 0');
const isList = (value: unknown): value is unknown[] => Array.isArray(value) && value.length > 0;

const one: Keyword = (value, _, below) => below(value);

const list: Keyword = (value, report, below) => {
  if (!isList(value)) report('expected a list of schemas');
  else for (const [at, schema] of value.entries()) below(schema, at);
};

const named: Keyword = (value, report, below) => {
  if (!isObject(value)) report('expected an object of schemas by name');
  else for (const [name, schema] of Object.entries(value)) below(schema, name);
};

/** Every keyword there is. Those that are not, such as `if` or `$dynamicRef`, are refused: to pass over them would be to promise what nobody checks. */
const KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ['$schema', expect((value) => DRAFTS.test(String(value)), 'draft 2020-12 or draft-07')],
  ...['$comment', 'title', 'description', 'format', 'contentEncoding', 'contentMediaType'].map(
    (name): [string, Keyword] => [name, text],
  ),
  ...['default', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'const'].map(
    (name): [string, Keyword] => [name, anything],
  ),
  ['type', expect(isType, `one of ${TYPES.join(', ')}, or a list of them`)],
  ['enum', expect(isList, 'a list of values')],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((name): [string, Keyword] => [
    name,
    number,
  ]),
  ['multipleOf', expect((value) => Number.isFinite(value) && Number(value) > 0, 'a number above 0')],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'].map(
    (name): [string, Keyword] => [name, size],
  ),
  ['pattern', pattern],
  ['uniqueItems', expect((value) => typeof value === 'boolean', 'true or false')],
  ['required', expect((value) => Array.isArray(value) && value.every(isText), 'a list of names')],
  ['items', one],
  ['additionalProperties', one],
  ['not', one],
  ['prefixItems', list],
  ...IN_PLACE.map((name): [string, Keyword] => [name, list]),
  ['properties', named],
  ['$defs', named],
  ['definitions', named],
  ['$ref', reference],
]);

function isType(value: unknown): boolean {
  const types: unknown[] = isList(value) ? value : [value];
  return types.every((type) => isText(type) && TYPES.includes(String(type)));
}

function pattern(value: unknown, report: Report): void {
  const compiled = compilePattern(typeof value === 'string' ? value : '');
  if (!compiled.ok) report(`the pattern ${compiled.reason}`);
}

function reference(value: unknown, report: Report, _: Below, root: OutputSchema): void {
  const isKnown = typeof value === 'string' && resolveRef(root, value) !== undefined;
  if (!isKnown) report('expected "#" or a definition of this schema, such as "#/$defs/name"');
}

/** Looks a schema over before a run is held to it: what is wrong with it, and where. */
export function schemaProblems(schema: OutputSchema): SchemaProblem[] {
  const hazard = hazardIn(schema);
  if (hazard !== null) return [{ path: [], message: hazard }];
  const problems: SchemaProblem[] = [];
  look(schema, schema, [], problems);
  if (problems.length === 0 && isEndless(schema, schema, new Set(), new Set())) {
    problems.push({ path: [], message: 'a $ref leads back to itself without going into the value' });
  }
  return problems.slice(0, MOST_PROBLEMS);
}

function look(root: OutputSchema, schema: unknown, path: (string | number)[], found: SchemaProblem[]): void {
  if (typeof schema === 'boolean') return;
  if (!isObject(schema)) {
    found.push({ path, message: 'expected a schema: an object, true or false' });
    return;
  }
  for (const [name, value] of Object.entries(schema)) {
    const report: Report = (message, ...below) => found.push({ path: [...path, name, ...below], message });
    const below: Below = (inner, ...further) => look(root, inner, [...path, name, ...further], found);
    const keyword = KEYWORDS.get(name);
    if (keyword) keyword(value, report, below, root);
    else if (!name.startsWith('x-')) report('not a keyword that is supported here');
  }
}

/** Whether looking at a value could go round for ever without going into it. `ended` are schemas of which it is known that they do not. */
function isEndless(
  root: OutputSchema,
  schema: unknown,
  within: ReadonlySet<unknown>,
  ended: Set<unknown>,
): boolean {
  if (!isObject(schema) || ended.has(schema)) return false;
  if (within.has(schema)) return true;
  const here = new Set(within).add(schema);
  const lists = IN_PLACE.flatMap((name) => (Array.isArray(schema[name]) ? schema[name] : []));
  const target = typeof schema.$ref === 'string' ? resolveRef(root, schema.$ref) : undefined;
  if ([...lists, schema.not, target].some((next) => isEndless(root, next, here, ended))) return true;
  ended.add(schema);
  return false;
}

function hazardIn(schema: OutputSchema): string | null {
  const bytes = new TextEncoder().encode(JSON.stringify(schema)).byteLength;
  if (bytes > MAX_SCHEMA_BYTES) return `longer than ${MAX_SCHEMA_BYTES} bytes`;
  return isWithin(schema, MAX_DEPTH)
    ? null
    : `nested more than ${MAX_DEPTH} levels deep, or not well-formed Unicode`;
}

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return (
    levels > 0 &&
    Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWithin(inner, levels - 1))
  );
}
