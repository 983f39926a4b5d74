import { canonicalJson } from '../canonical-json.ts';
import { compilePattern, type Pattern } from '../tools/pattern.ts';
import { isObject, type OutputSchema, resolveRef } from './output-schema.ts';

const MOST_PROBLEMS = 20;
const MAX_DEPTH = 100;
/** Some seconds at the worst: schemas can be written that take longer than the world has. */
const MAX_WORK = 20_000_000;

/** A schema may be applied to the same place in ways without number; that ends here. */
class TooMuchWork extends Error {}

interface Check {
  root: OutputSchema;
  patterns: Map<string, Pattern | null>;
  work: number;
}

/** What keeps a value from fitting a schema, each named by its path ("items[0].name: …"), in words fit for a model. */
export function valueProblems(schema: OutputSchema, value: unknown): string[] {
  const check: Check = { root: schema, patterns: new Map(), work: 0 };
  try {
    return problemsOf(check, schema, value, '', 0).slice(0, MOST_PROBLEMS);
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
    return ['It takes too much work to hold this against the schema. Hand in something smaller.'];
  }
}

function spend(check: Check, work: number): void {
  check.work += work;
  if (check.work > MAX_WORK) throw new TooMuchWork();
}

function problemsOf(check: Check, schema: unknown, value: unknown, path: string, depth: number): string[] {
  spend(check, 100);
  if (depth > MAX_DEPTH) throw new TooMuchWork();
  if (schema === false) return [at(path, 'may not be there')];
  if (!isObject(schema)) return [];
  const say = (message: string) => at(path, message);
  if (schema.type !== undefined && !hasType(schema.type, value)) {
    return [say(`expected ${[schema.type].flat().join(' or ')}, got ${typeOf(value)}`)];
  }
  const below = (inner: unknown, innerValue: unknown, innerPath: string) =>
    problemsOf(check, inner, innerValue, innerPath, depth + 1);
  const here = (inner: unknown) => below(inner, value, path);
  return [
    ...ofValue(check, schema, value).map(say),
    ...(typeof value === 'number' ? ofNumber(schema, value).map(say) : []),
    ...(typeof value === 'string' ? ofText(check, schema, value).map(say) : []),
    ...(Array.isArray(value) ? ofList(check, schema, value, path, below) : []),
    ...(isObject(value) ? ofObject(schema, value, path, below) : []),
    ...(typeof schema.$ref === 'string' ? here(resolveRef(check.root, schema.$ref)) : []),
    ...listOf(schema.allOf).flatMap(here),
    ...ofAlternatives(schema, here).map(say),
  ];
}

type Schema = Readonly<Record<string, unknown>>;
type Below = (schema: unknown, value: unknown, path: string) => string[];

const at = (path: string, message: string) => (path === '' ? message : `${path}: ${message}`);
const within = (path: string, name: string) => (path === '' ? name : `${path}.${name}`);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isNumber = (value: unknown): value is number => typeof value === 'number';

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

const hasType = (wanted: unknown, value: unknown): boolean =>
  [wanted].flat().some((type) => (type === 'integer' ? Number.isInteger(value) : type === typeOf(value)));

function ofValue(check: Check, schema: Schema, value: unknown): string[] {
  const allowed = 'const' in schema ? [schema.const] : schema.enum;
  if (!Array.isArray(allowed)) return [];
  const wanted = allowed.map((one) => canonicalJson(one));
  const given = canonicalJson(value);
  spend(check, given.length);
  return wanted.includes(given) ? [] : [`expected one of ${wanted.join(', ')}`];
}

function ofNumber(schema: Schema, value: number): string[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  return [
    ...(isNumber(minimum) && value < minimum ? [`expected at least ${minimum}`] : []),
    ...(isNumber(maximum) && value > maximum ? [`expected at most ${maximum}`] : []),
    ...(isNumber(exclusiveMinimum) && value <= exclusiveMinimum
      ? [`expected more than ${exclusiveMinimum}`]
      : []),
    ...(isNumber(exclusiveMaximum) && value >= exclusiveMaximum
      ? [`expected less than ${exclusiveMaximum}`]
      : []),
    ...(isNumber(multipleOf) && !isMultiple(value, multipleOf)
      ? [`expected a multiple of ${multipleOf}`]
      : []),
  ];
}

/** 0.3 is three times 0.1, whatever binary fractions say. */
function isMultiple(value: number, of: number): boolean {
  const times = value / of;
  return Math.abs(times - Math.round(times)) <= Math.abs(times) * 1e-12;
}

function ofText(check: Check, schema: Schema, value: string): string[] {
  const { minLength, maxLength } = schema;
  const length = Array.from(value).length;
  spend(check, length);
  return [
    ...(isNumber(minLength) && length < minLength ? [`expected at least ${minLength} characters`] : []),
    ...(isNumber(maxLength) && length > maxLength ? [`expected at most ${maxLength} characters`] : []),
    ...(typeof schema.pattern === 'string' && !matches(check, schema.pattern, value)
      ? [`expected to match ${schema.pattern}`]
      : []),
  ];
}

function matches(check: Check, source: string, value: string): boolean {
  const known = check.patterns.get(source);
  const fresh = known === undefined ? compilePattern(source) : null;
  const pattern = known ?? (fresh?.ok ? fresh.pattern : null);
  check.patterns.set(source, pattern);
  if (pattern === null) return false;
  spend(check, value.length * Math.max(1, pattern.stepsPerUnit));
  return pattern.test(value);
}

function ofList(check: Check, schema: Schema, value: unknown[], path: string, below: Below): string[] {
  const { minItems, maxItems, items } = schema;
  const first = listOf(schema.prefixItems);
  return [
    ...(isNumber(minItems) && value.length < minItems
      ? [at(path, `expected at least ${minItems} items`)]
      : []),
    ...(isNumber(maxItems) && value.length > maxItems
      ? [at(path, `expected at most ${maxItems} items`)]
      : []),
    ...(schema.uniqueItems === true && hasTwins(check, value) ? [at(path, 'expected no item twice')] : []),
    ...value.flatMap((item, place) =>
      below(place < first.length ? first[place] : (items ?? true), item, `${path}[${place}]`),
    ),
  ];
}

function hasTwins(check: Check, value: unknown[]): boolean {
  const seen = new Set(value.map((item) => canonicalJson(item)));
  for (const text of seen) spend(check, text.length);
  return seen.size < value.length;
}

function ofObject(schema: Schema, value: Schema, path: string, below: Below): string[] {
  const { minProperties, maxProperties, additionalProperties = true } = schema;
  const properties = isObject(schema.properties) ? schema.properties : {};
  const entries = Object.entries(value);
  const missing = listOf(schema.required).filter((name) => !Object.hasOwn(value, String(name)));
  return [
    ...missing.map((name) => at(within(path, String(name)), 'is missing')),
    ...(isNumber(minProperties) && entries.length < minProperties
      ? [at(path, `expected at least ${minProperties} properties`)]
      : []),
    ...(isNumber(maxProperties) && entries.length > maxProperties
      ? [at(path, `expected at most ${maxProperties} properties`)]
      : []),
    ...entries.flatMap(([name, inner]) =>
      below(
        Object.hasOwn(properties, name) ? properties[name] : additionalProperties,
        inner,
        within(path, name),
      ),
    ),
  ];
}

function ofAlternatives({ anyOf, oneOf, not }: Schema, here: (schema: unknown) => string[]): string[] {
  const problems: string[] = [];
  if (Array.isArray(anyOf)) {
    const tried = anyOf.map(here);
    if (tried.every(({ length }) => length > 0))
      problems.push(`fits none of its alternatives (${firstOf(tried)})`);
  }
  if (Array.isArray(oneOf)) {
    const tried = oneOf.map(here);
    const fitting = tried.filter(({ length }) => length === 0).length;
    if (fitting === 0) problems.push(`fits none of its alternatives (${firstOf(tried)})`);
    if (fitting > 1) problems.push(`fits ${fitting} of its alternatives, expected one`);
  }
  if (not !== undefined && here(not).length === 0) problems.push('is what it may not be');
  return problems;
}

const firstOf = (tried: string[][]) =>
  tried
    .slice(0, 5)
    .flatMap((problems) => problems.slice(0, 1))
    .join('; or ');
