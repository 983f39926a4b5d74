import { DAY_MS } from './durations.ts';

type Evaluate = (retried: number) => number;

const FUNCTIONS: Record<string, { arity: number; apply: (...values: number[]) => number }> = {
  pow: { arity: 2, apply: (x = 0, y = 0) => x ** y },
  sqrt: { arity: 1, apply: (x = 0) => Math.sqrt(x) },
  abs: { arity: 1, apply: (x = 0) => Math.abs(x) },
  exp: { arity: 1, apply: (x = 0) => Math.exp(x) },
  floor: { arity: 1, apply: (x = 0) => Math.floor(x) },
  ceil: { arity: 1, apply: (x = 0) => Math.ceil(x) },
  round: { arity: 1, apply: (x = 0) => Math.round(x) },
  min: { arity: 2, apply: (x = 0, y = 0) => Math.min(x, y) },
  max: { arity: 2, apply: (x = 0, y = 0) => Math.max(x, y) },
};

const TOKEN = /\s*(\d+(?:\.\d+)?|[a-z]+|[-+*/(),])/y;
const MAX_EXPRESSION_LENGTH = 1000;

/**
 * Reads an `Upstash-Retry-Delay` expression. What it gives is the delay in milliseconds for a number of retries so
 * far (0 before the first one), never more than a day. Numbers, `+ - * /`, parentheses, `retried` and the
 * documented functions; nothing else.
 *
 * @throws Error that says what could not be read
 */
export function parseRetryDelay(expression: string): Evaluate {
  const tokens = tokenize(expression);
  let position = 0;

  function take(expected: string): void {
    if (tokens[position] !== expected) throw new Error(`expected "${expected}" ${where()}`);
    position++;
  }
  function where(): string {
    const token = tokens[position];
    return token === undefined ? 'at the end' : `but found "${token}"`;
  }

  function sum(): Evaluate {
    let left = product();
    for (let sign = tokens[position]; sign === '+' || sign === '-'; sign = tokens[position]) {
      position++;
      const [a, b, factor] = [left, product(), sign === '+' ? 1 : -1];
      left = (retried) => a(retried) + factor * b(retried);
    }
    return left;
  }
  function product(): Evaluate {
    let left = unary();
    for (let sign = tokens[position]; sign === '*' || sign === '/'; sign = tokens[position]) {
      position++;
      const [a, b] = [left, unary()];
      left = sign === '*' ? (retried) => a(retried) * b(retried) : (retried) => a(retried) / b(retried);
    }
    return left;
  }
  function unary(): Evaluate {
    if (tokens[position] !== '-') return atom();
    position++;
    const value = unary();
    return (retried) => -value(retried);
  }
  function atom(): Evaluate {
    const token = tokens[position];
    if (token === '(') {
      position++;
      const inner = sum();
      take(')');
      return inner;
    }
    if (token === undefined || /^[-+*/),]$/.test(token)) throw new Error(`expected a value ${where()}`);
    position++;
    if (/^\d/.test(token)) return () => Number(token);
    if (token === 'retried') return (retried) => retried;
    return call(token);
  }
  function call(name: string): Evaluate {
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!known) throw new Error(`unknown name "${name}"`);
    take('(');
    const parameters = [sum()];
    while (tokens[position] === ',') {
      position++;
      parameters.push(sum());
    }
    take(')');
    if (parameters.length !== known.arity) throw new Error(`${name} takes ${known.arity} argument(s)`);
    return (retried) => known.apply(...parameters.map((parameter) => parameter(retried)));
  }

  const evaluate = sum();
  if (position < tokens.length) throw new Error(`unexpected "${tokens[position]}"`);
  return (retried) => clamp(evaluate(retried));
}

/** The delay when nobody asked for another: e^(2.5 n) seconds before the n-th retry, a day at most. */
export function defaultRetryDelay(retried: number): number {
  return Math.min(DAY_MS, Math.floor(Math.exp(2.5 * (retried + 1))) * 1000);
}

function tokenize(expression: string): string[] {
  if (expression.length > MAX_EXPRESSION_LENGTH) throw new Error('expression is too long');
  const tokens: string[] = [];
  const text = expression.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match?.[1]) throw new Error(`unexpected character "${text.charAt(from)}"`);
    tokens.push(match[1]);
  }
  return tokens;
}

/** A division by zero or a root of a negative number must not become a timer. */
function clamp(ms: number): number {
  if (Number.isNaN(ms)) return DAY_MS;
  return Math.min(DAY_MS, Math.max(0, ms));
}
