/** A label and what belongs to it, aligned with the lines around: `  Model       scripted`. */
export function field(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${value}`;
}

const LABEL_WIDTH = 14;

/** Milliseconds for people: `0.4 s`, `12.3 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Dollars for people; model turns cost less than cents. */
export function dollars(usd: number): string {
  return `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`;
}

/** `1 step`, `2 steps`, `12,345 tokens`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
