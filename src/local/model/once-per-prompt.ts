import type { Prompt } from './request.ts';

/** Remembers what a function makes of a prompt for as long as the prompt lives: several rules ask for the same. */
export function oncePerPrompt<Result extends object>(
  compute: (prompt: Prompt) => Result,
): (prompt: Prompt) => Result {
  const known = new WeakMap<Prompt, Result>();
  return (prompt) => {
    const result = known.get(prompt) ?? compute(prompt);
    known.set(prompt, result);
    return result;
  };
}
