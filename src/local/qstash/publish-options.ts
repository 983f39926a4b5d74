import { parseDuration } from './durations.ts';
import { toHeaderMap } from './header-map.ts';
import { Refusal } from './refusal.ts';
import { parseRetryDelay } from './retry-delay.ts';
import type { CallbackTarget, DeliveryOptions, FlowControl, PublishOptions, Redaction } from './types.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const DEFAULT_RETRIES = 3;
const MAX_DELAY_SECONDS = 365 * 86_400;
const MAX_PERIOD_SECONDS = 7 * 86_400;

/**
 * Reads the `Upstash-*` headers of a publish, an enqueue, a batch item or a schedule.
 *
 * @param now epoch milliseconds, against which `Upstash-Not-Before` is checked
 * @throws Refusal 400 for anything that does not parse
 */
export function readPublishOptions(headers: Headers, now: number): PublishOptions {
  const delivery = readDelivery(headers, 'upstash-', now, DEFAULT_RETRIES);
  const contentType = headers.get('content-type');
  if (contentType) delivery.header = { 'Content-Type': [contentType], ...delivery.header };
  const deduplicationId = headers.get('upstash-deduplication-id') ?? undefined;
  const labels = (headers.get('upstash-label') ?? '').split(',').map((label) => label.trim());
  return {
    delivery,
    callback: readCallback(headers, 'upstash-callback', now, delivery.maxRetries),
    failureCallback: readCallback(headers, 'upstash-failure-callback', now, delivery.maxRetries),
    deduplicationId,
    contentBasedDeduplication: headers.get('upstash-content-based-deduplication') === 'true',
    labels: labels.filter((label) => label !== ''),
    redaction: readRedaction(headers.get('upstash-redact-fields')),
  };
}

/** @throws Refusal 400 in the words of the service (upstash/docs issue 50) unless it is an http(s) URL */
export function checkDestination(url: string, what = 'destination'): string {
  if (!/^https?:\/\//i.test(url)) {
    throw new Refusal(400, `invalid ${what} url: endpoint has invalid scheme, add http:// or https://`);
  }
  if (!URL.canParse(url)) throw new Refusal(400, `invalid ${what} url: endpoint is not a valid URL`);
  return url;
}

function readCallback(
  headers: Headers,
  name: string,
  now: number,
  retries: number,
): CallbackTarget | undefined {
  const url = headers.get(name);
  if (url === null) return undefined;
  const delivery = readDelivery(headers, `${name}-`, now, retries);
  delivery.header = { 'Content-Type': ['application/json'], ...delivery.header };
  return { url: checkDestination(url, 'callback'), delivery };
}

function readDelivery(headers: Headers, prefix: string, now: number, retries: number): DeliveryOptions {
  const get = (name: string) => headers.get(prefix + name)?.trim();
  const method = get('method') ?? 'POST';
  if (!METHODS.includes(method)) throw new Refusal(400, `invalid method: ${method}`);
  const forwarded = [...headers]
    .filter(([name]) => name.startsWith(`${prefix}forward-`))
    .map(([name, value]): [string, string] => [name.slice(`${prefix}forward-`.length), value]);
  const timeoutSeconds = readSeconds('timeout', get('timeout'));
  return {
    method,
    header: toHeaderMap(forwarded),
    maxRetries: readRetries(get('retries'), retries),
    retryDelayExpression: readRetryDelay(get('retry-delay')),
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
    delayMs: (readSeconds('delay', get('delay')) ?? 0) * 1000,
    notBefore: readNotBefore(get('not-before'), now),
    flowControl: readFlowControl(get('flow-control-key'), get('flow-control-value')),
  };
}

function readSeconds(what: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) throw new Refusal(400, `invalid ${what}: ${text}`);
  if (ms / 1000 > MAX_DELAY_SECONDS) throw new Refusal(400, `${what} is too long: ${text}`);
  return ms / 1000;
}

function readNotBefore(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = readWhole('not before', text);
  if (seconds - now / 1000 > MAX_DELAY_SECONDS) throw new Refusal(400, `delay is too long: ${text}`);
  return seconds * 1000;
}

function readRetries(text: string | undefined, fallback: number): number {
  return text === undefined ? fallback : readWhole('retries', text);
}

function readWhole(what: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(400, `invalid ${what}: ${text}`);
  return Number(text);
}

function readRetryDelay(expression: string | undefined): string | undefined {
  if (expression === undefined) return undefined;
  try {
    parseRetryDelay(expression);
    return expression;
  } catch (error) {
    throw new Refusal(
      400,
      `invalid retry delay expression: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function readFlowControl(key: string | undefined, value: string | undefined): FlowControl | undefined {
  if (key === undefined && value === undefined) return undefined;
  if (!key) throw new Refusal(400, 'flow control key is missing');
  if (!value) throw new Refusal(400, 'flow control value is missing');
  const control: FlowControl = { key, periodSeconds: 1 };
  for (const part of value.split(',')) {
    const [name = '', amount = ''] = part.split('=').map((piece) => piece.trim());
    switch (name.toLowerCase()) {
      case 'parallelism':
        control.parallelism = readPositive(name, amount);
        break;
      case 'rate':
      case 'ratepersecond':
        control.rate = readPositive(name, amount);
        break;
      case 'period':
        control.periodSeconds = readPeriod(amount);
        break;
      default:
        throw new Refusal(400, `invalid flow control value: ${part.trim()}`);
    }
  }
  if (control.parallelism === undefined && control.rate === undefined) {
    throw new Refusal(400, 'flow control needs a parallelism or a rate');
  }
  return control;
}

/** @throws Refusal 400 unless it is a whole number above zero */
export function readPositive(what: string, text: string): number {
  const amount = readWhole(what, text);
  if (amount === 0) throw new Refusal(400, `invalid ${what}: ${text}`);
  return amount;
}

/** @returns seconds, a week at most */
export function readPeriod(text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : readSeconds('period', text);
  if (!seconds || seconds > MAX_PERIOD_SECONDS) throw new Refusal(400, `invalid period: ${text}`);
  return seconds;
}

function readRedaction(text: string | null): Redaction | undefined {
  if (text === null) return undefined;
  const redaction: Redaction = { body: false, allHeaders: false, headers: [] };
  for (const field of text.split(',').map((part) => part.trim())) {
    const named = /^header\[(.+)\]$/.exec(field)?.[1];
    if (field === 'body') redaction.body = true;
    else if (field === 'header' || field === 'headers') redaction.allHeaders = true;
    else if (named) redaction.headers.push(named.toLowerCase());
    else throw new Refusal(400, `invalid redact field: ${field}`);
  }
  return redaction;
}
