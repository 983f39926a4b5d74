import type { GoalParameters, GoalValue, GoalValues } from '../../store/goal-types.ts';
import { type FieldError, invalidField, invalidFields } from '../errors.ts';

/** What a run's prompt may have at the most, in bytes of UTF-8. */
const LONGEST_PROMPT = 100_000;

/** `{{name}}` stands for a parameter; with a backslash before it, for itself. */
const PLACEHOLDER = /(\\?)\{\{\s*([A-Za-z]\w*)\s*\}\}/g;

/**
 * Fills a prompt in. Values are not looked through for placeholders.
 *
 * @param values by name; those that are left out are their parameter's default, or nothing
 * @param under the field that they came in, such as `body.parameters`
 * @throws {AppError} validationFailed naming each parameter that is unknown, missing or of another type
 */
export function fillPrompt(
  goal: { prompt: string; parameters: GoalParameters },
  values: GoalValues,
  under: string,
): string {
  const errors = wrongValues(goal.parameters, values, under);
  if (errors.length > 0) throw invalidFields(errors);
  const filled = goal.prompt.replace(PLACEHOLDER, (placeholder, backslash: string, name: string) => {
    if (backslash !== '') return placeholder.slice(1);
    return String(givenValue(values, name) ?? goal.parameters[name]?.default ?? '');
  });
  if (filled.trim() === '') throw invalidField(under, 'With these the prompt is empty.');
  if (new TextEncoder().encode(filled).byteLength > LONGEST_PROMPT) {
    throw invalidField(under, `With these the prompt is longer than ${LONGEST_PROMPT} bytes.`);
  }
  return filled;
}

function wrongValues(parameters: GoalParameters, values: GoalValues, under: string): FieldError[] {
  const unknown = Object.keys(values)
    .filter((name) => !Object.hasOwn(parameters, name))
    .map((name) => ({ field: `${under}.${name}`, message: 'The goal has no such parameter.' }));
  const wrong = Object.entries(parameters).flatMap(([name, { type, default: fallback, required = true }]) => {
    const field = `${under}.${name}`;
    const value = givenValue(values, name);
    if (value === undefined) {
      const isMissing = fallback === undefined && required;
      return isMissing ? [{ field, message: `It is required: a ${type}.` }] : [];
    }
    return isOf(type, value) ? [] : [{ field, message: `Expected a ${type}.` }];
  });
  return [...unknown, ...wrong];
}

const givenValue = (values: GoalValues, name: string): GoalValue | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

const isOf = (type: 'string' | 'number' | 'boolean', value: GoalValue): boolean => typeof value === type;

/**
 * Whether a prompt and its parameters fit: each placeholder has a parameter, each default its type.
 *
 * @throws {AppError} validationFailed naming what does not
 */
export function checkTemplate({ prompt, parameters }: { prompt: string; parameters: GoalParameters }): void {
  for (const [, backslash, name = ''] of prompt.matchAll(PLACEHOLDER)) {
    if (backslash === '' && !Object.hasOwn(parameters, name)) {
      throw invalidField(
        'body.prompt',
        `"{{${name}}}" has no parameter. Declare it in parameters, or write "\\{{${name}}}" for the text itself.`,
      );
    }
  }
  for (const [name, { type, default: fallback }] of Object.entries(parameters)) {
    if (fallback !== undefined && !isOf(type, fallback)) {
      throw invalidField(`body.parameters.${name}.default`, `Expected a ${type}.`);
    }
  }
}
