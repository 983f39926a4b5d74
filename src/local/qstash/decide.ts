import { requestedDelay } from './durations.ts';
import { defaultRetryDelay, parseRetryDelay } from './retry-delay.ts';
import type { Answer, FlowKey, Message } from './types.ts';

type Verdict = { kind: 'delivered' } | { kind: 'retry'; at: number } | { kind: 'dead' };

/**
 * What follows from an answer. Only 2xx is success; 489 with `Upstash-NonRetryable-Error: true` ends the message at
 * once; otherwise it is tried again while retries are left, when the answer asks, else when the message's expression
 * says, else after the default delay.
 */
export function decideAttempt(message: Message, answer: Answer, now: number): Verdict {
  if (answer.status >= 200 && answer.status < 300) return { kind: 'delivered' };
  const headers = new Headers(
    Object.entries(answer.header).map(([name, values]): [string, string] => [name, values.join(', ')]),
  );
  const hopeless = answer.status === 489 && headers.get('upstash-nonretryable-error') === 'true';
  if (hopeless || message.retried >= message.delivery.maxRetries) return { kind: 'dead' };
  const expression = message.delivery.retryDelayExpression;
  const own = expression ? parseRetryDelay(expression) : defaultRetryDelay;
  return { kind: 'retry', at: now + (requestedDelay(headers, now) ?? own(message.retried)) };
}

type Passage = { kind: 'open' } | { kind: 'at'; time: number } | { kind: 'closed' };

/**
 * Whether flow control lets one more message through now, at a known time, or only after something else happens.
 *
 * @param active how many calls under this key have had no response yet
 */
export function decidePassage(flow: FlowKey, active: number, now: number): Passage {
  if (flow.paused) return { kind: 'closed' };
  if (flow.parallelism !== undefined && active >= flow.parallelism) return { kind: 'closed' };
  if (flow.rate === undefined) return { kind: 'open' };
  const periodEnd = flow.periodStart + flow.periodSeconds * 1000;
  if (now >= periodEnd || flow.rateCount < flow.rate) return { kind: 'open' };
  return { kind: 'at', time: periodEnd };
}

/** Counts a call that was let through, opening a new period when the last one is over. */
export function countPassage(flow: FlowKey, now: number): void {
  if (now >= flow.periodStart + flow.periodSeconds * 1000) {
    flow.periodStart = now;
    flow.rateCount = 0;
  }
  flow.rateCount++;
}
