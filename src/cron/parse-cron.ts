/** When a schedule comes due, each field as all the values that it has, in order. Days of the week begin with Sunday, 0. */
export interface Cron {
  minutes: readonly number[];
  hours: readonly number[];
  daysOfMonth: readonly number[];
  months: readonly number[];
  daysOfWeek: readonly number[];
}

/** An expression that cannot be read. The message names the field and says what it may be. */
export class CronError extends Error {
  override readonly name = 'CronError';
}

interface Field {
  name: string;
  from: number;
  to: number;
  names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const MINUTE: Field = { name: 'minute', from: 0, to: 59 };
const HOUR: Field = { name: 'hour', from: 0, to: 23 };
const DAY_OF_MONTH: Field = { name: 'day of the month', from: 1, to: 31 };
const MONTH: Field = { name: 'month', from: 1, to: 12, names: MONTHS };
/** 7 is Sunday as well. */
const DAY_OF_WEEK: Field = { name: 'day of the week', from: 0, to: 7, names: DAYS };

const EXPECTED =
  'Expected five fields (minute, hour, day of the month, month, day of the week), such as "0 8 * * 1-5"';

/**
 * Reads an expression of five fields, each a `*`, a value, a range, a step (`0-59/15`, `9-17/2`) or a list of those. Months and days of the
 * week may be names (`jan`, `mon`).
 *
 * @throws {CronError} for anything else: six fields, `@daily`, `L`, `W`, `#`, `?`
 */
export function parseCron(text: string): Cron {
  const fields = text.trim().split(/\s+/);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields;
  if (text.trim().startsWith('@')) throw new CronError(`${EXPECTED}; names such as "@daily" are not read.`);
  if (
    fields.length !== 5 ||
    minute === undefined ||
    hour === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined
  ) {
    const found = text.trim() === '' ? 'none' : String(fields.length);
    throw new CronError(`${EXPECTED}; found ${found}.`);
  }
  const days = valuesOf(DAY_OF_WEEK, dayOfWeek).map((day) => day % 7);
  return {
    minutes: valuesOf(MINUTE, minute),
    hours: valuesOf(HOUR, hour),
    daysOfMonth: valuesOf(DAY_OF_MONTH, dayOfMonth),
    months: valuesOf(MONTH, month),
    daysOfWeek: [...new Set(days)].sort((a, b) => a - b),
  };
}

/** The same in numbers and lists, which every reader of cron understands alike. */
export const writeCron = ({ minutes, hours, daysOfMonth, months, daysOfWeek }: Cron): string =>
  [list(minutes, 60), list(hours, 24), list(daysOfMonth, 31), list(months, 12), list(daysOfWeek, 7)].join(
    ' ',
  );

const list = (values: readonly number[], all: number) => (values.length === all ? '*' : values.join(','));

function valuesOf(field: Field, text: string): number[] {
  const values = new Set(text.split(',').flatMap((part) => rangeOf(field, part)));
  return [...values].sort((a, b) => a - b);
}

const PART = /^(?:(\*)|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d{1,2}))?$/;

function rangeOf(field: Field, part: string): number[] {
  const [, star, first = '', last, step] = PART.exec(part.toLowerCase()) ?? refuse(field, part);
  // Sunday has two numbers, and every day is each once.
  const end = star ? (field === DAY_OF_WEEK ? 6 : field.to) : field.to;
  const from = star ? field.from : numberOf(field, first, part);
  const to = star ? end : last !== undefined ? numberOf(field, last, part) : step === undefined ? from : end;
  const by = step === undefined ? 1 : Number(step);
  if (by === 0 || to < from) return refuse(field, part);
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, at) => from + at * by);
}

function numberOf(field: Field, text: string, part: string): number {
  const named = field.names?.indexOf(text) ?? -1;
  if (named >= 0) return named + field.from;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.from && value <= field.to ? value : refuse(field, part);
}

function refuse({ name, from, to, names }: Field, part: string): never {
  const or = names ? `, a name such as ${names[1]}` : '';
  throw new CronError(
    `The ${name} "${part.slice(0, 40)}" is none. Expected ${from} to ${to}${or}, a range, *, a step such as */2, or a list of those.`,
  );
}
