import type { Check, Condition } from './definition.ts';
import { type Known, lookUp, parseReference } from './references.ts';

/** The questions of a condition, each with where it stands. */
export function checksOf(condition: Condition, at: string): { check: Check; at: string }[] {
  if ('all' in condition) return condition.all.map((check, index) => ({ check, at: `${at}.all.${index}` }));
  if ('any' in condition) return condition.any.map((check, index) => ({ check, at: `${at}.any.${index}` }));
  return 'not' in condition ? [{ check: condition.not, at: `${at}.not` }] : [{ check: condition, at }];
}

/** Whether a condition holds. What a reference does not find is null, so asking never fails. */
export function holds(condition: Condition, known: Known): boolean {
  if ('all' in condition) return condition.all.every((check) => passes(check, known));
  if ('any' in condition) return condition.any.some((check) => passes(check, known));
  return 'not' in condition ? !passes(condition.not, known) : passes(condition, known);
}

function passes(check: Check, known: Known): boolean {
  const reference = parseReference(check.ref);
  const value = (reference === null ? undefined : lookUp(reference, known)) ?? null;
  if (check.exists !== undefined) return (value !== null) === check.exists;
  if (check.in !== undefined) return check.in.some((wanted) => wanted === value);
  return check.notEquals === undefined ? check.equals === value : check.notEquals !== value;
}
