import { createHash } from 'node:crypto';
import { fromBase64, showBody } from './header-map.ts';
import { CALLER_IP } from './send.ts';
import type {
  DeadLetter,
  DeliveryOptions,
  FlowKey,
  HeaderMap,
  LogEntry,
  Message,
  Queue,
  Schedule,
} from './types.ts';

/** A message as `GET /v2/messages/<id>` shows it. */
export function showMessage(message: Message): Record<string, unknown> {
  return {
    messageId: message.messageId,
    url: message.url,
    method: message.delivery.method,
    header: shownHeader(message),
    ...shownBody(message),
    ...showDelivery(message.delivery),
    maxRetries: message.delivery.maxRetries,
    notBefore: message.notBefore,
    createdAt: message.createdAt,
    callback: message.callback?.url,
    failureCallback: message.failureCallback?.url,
    queueName: message.queueName,
    scheduleId: message.scheduleId,
    callerIP: CALLER_IP,
    ...showLabels(message.labels),
  };
}

export function showDeadLetter({ dlqId, message, answer }: DeadLetter): Record<string, unknown> {
  return {
    ...showMessage(message),
    dlqId,
    responseStatus: answer.status || undefined,
    responseHeader: answer.header,
    ...showBody('responseBody', answer.body),
  };
}

/**
 * One line of `/v2/events` or `/v2/logs`.
 *
 * @param cancelled how this listing spells a cancelled message: the client and the OpenAPI document differ
 */
export function showLogEntry(entry: LogEntry, cancelled: 'CANCELED' | 'CANCELLED'): Record<string, unknown> {
  const { message, answer, state } = entry;
  const failed = state === 'ERROR' || state === 'FAILED';
  return {
    time: entry.time,
    state: state === 'CANCELED' ? cancelled : state,
    messageId: message.messageId,
    nextDeliveryTime: entry.nextDeliveryTime,
    error: entry.error,
    url: message.url,
    method: message.delivery.method,
    header: shownHeader(message),
    body: message.redaction?.body ? redacted(message.body) : message.body,
    queueName: message.queueName,
    scheduleId: message.scheduleId,
    maxRetries: message.delivery.maxRetries,
    timeout: message.delivery.timeoutMs,
    callback: message.callback?.url,
    failureCallback: message.failureCallback?.url,
    responseStatus: failed ? answer?.status || undefined : undefined,
    responseHeaders: failed ? answer?.header : undefined,
    responseBody: failed ? answer?.body : undefined,
    ...showDelivery(message.delivery),
    ...showLabels(message.labels),
  };
}

export function showSchedule(schedule: Schedule): Record<string, unknown> {
  const { delivery, callback, failureCallback, labels, redaction } = schedule.options;
  const content = { delivery, body: schedule.body, redaction };
  return {
    scheduleId: schedule.scheduleId,
    cron: schedule.cron,
    createdAt: schedule.createdAt,
    destination: schedule.destination,
    method: delivery.method,
    header: shownHeader(content),
    ...shownBody(content),
    ...showDelivery(delivery),
    retries: delivery.maxRetries,
    delay: delivery.delayMs / 1000 || undefined,
    callback: callback?.url,
    failureCallback: failureCallback?.url,
    callerIP: CALLER_IP,
    isPaused: schedule.isPaused,
    queueName: schedule.queueName,
    lastScheduleTime: schedule.lastAt,
    nextScheduleTime: schedule.nextAt,
    lastScheduleStates: schedule.lastAt === undefined ? undefined : schedule.lastStates,
    ...showLabels(labels),
  };
}

/** @param lag how many messages of the queue are unfinished */
export function showQueue(queue: Queue, lag: number): Record<string, unknown> {
  return { ...queue, lag };
}

export function showFlowKey(flow: FlowKey, active: number, waiting: number): Record<string, unknown> {
  return {
    flowControlKey: flow.key,
    waitListSize: waiting,
    parallelismMax: flow.parallelism ?? 0,
    parallelismCount: active,
    rateMax: flow.rate ?? 0,
    rateCount: flow.rateCount,
    ratePeriod: flow.periodSeconds,
    ratePeriodStart: Math.floor(flow.periodStart / 1000),
    isPaused: flow.paused,
    isPinnedParallelism: flow.pinnedParallelism,
    isPinnedRate: flow.pinnedRate,
  };
}

type Content = Pick<Message, 'delivery' | 'body' | 'redaction'>;

function showDelivery(delivery: DeliveryOptions): Record<string, unknown> {
  const flow = delivery.flowControl;
  return {
    retryDelayExpression: delivery.retryDelayExpression,
    flowControlKey: flow?.key,
    parallelism: flow?.parallelism,
    rate: flow?.rate,
    period: flow?.periodSeconds,
  };
}

function showLabels(labels: string[]): Record<string, unknown> {
  return labels.length === 0 ? {} : { label: labels[0], labels };
}

function shownBody({ body, redaction }: Content): Record<string, string> {
  return redaction?.body ? { body: redacted(body) } : showBody('body', body);
}

function shownHeader({ delivery, redaction }: Content): HeaderMap {
  const shown: HeaderMap = {};
  for (const [name, values] of Object.entries(delivery.header)) {
    const hide = redaction?.allHeaders || redaction?.headers.includes(name.toLowerCase());
    shown[name] = hide ? values.map((value) => `REDACTED:${sha256(value)}`) : values;
  }
  return shown;
}

function redacted(base64: string): string {
  return `REDACTED:${sha256(fromBase64(base64))}`;
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
