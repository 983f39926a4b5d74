const SECOND = 1000;
const UNIT_MS = { s: SECOND, m: 60 * SECOND, h: 3_600 * SECOND, d: 86_400 * SECOND } as const;
const GO_UNIT_MS = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: SECOND,
  m: 60 * SECOND,
  h: 3_600 * SECOND,
} as const;

/** The longest wait a response header may ask for; beyond it the ordinary delay applies. */
export const DAY_MS = UNIT_MS.d;

/** Reads a duration of a request header such as `10s` or `1d10h30m`, in milliseconds; undefined for nonsense. */
export function parseDuration(text: string): number | undefined {
  const parts = text.trim().match(/^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/);
  if (!parts || parts[0] === '') return undefined;
  const [, d, h, m, s] = parts.map((part) => Number(part ?? 0));
  return (d ?? 0) * UNIT_MS.d + (h ?? 0) * UNIT_MS.h + (m ?? 0) * UNIT_MS.m + (s ?? 0) * UNIT_MS.s;
}

/** Reads a duration of a response header in the form Go prints, such as `6m5s` or `1.5s`, in milliseconds. */
function parseGoDuration(text: string): number | undefined {
  const pieces = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (pieces.length === 0 || pieces.map((piece) => piece[0]).join('') !== text) return undefined;
  let total = 0;
  for (const [, amount, unit] of pieces) {
    const unitMs = Object.entries(GO_UNIT_MS).find(([name]) => name === unit)?.[1] ?? 0;
    total += Number(amount) * unitMs;
  }
  return total;
}

const RETRY_HEADERS = [
  'retry-after',
  'x-ratelimit-reset',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
] as const;

/**
 * How long the destination asks to be left alone, in milliseconds from now: seconds, an RFC 1123 date or a Go
 * duration, a day at most (docs: qstash/features/retry). Undefined when it asks for nothing that is understood.
 */
export function requestedDelay(headers: Headers, now: number): number | undefined {
  for (const name of RETRY_HEADERS) {
    const value = headers.get(name)?.trim();
    if (!value) continue;
    const delay = readDelay(value, now);
    if (delay !== undefined && delay <= DAY_MS) return Math.max(0, delay);
  }
  return undefined;
}

function readDelay(value: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * SECOND;
  const duration = parseGoDuration(value);
  if (duration !== undefined) return duration;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date - now;
}
