import { readPositive } from './publish-options.ts';
import { Refusal } from './refusal.ts';
import { CALLER_IP } from './send.ts';
import type { Message, State } from './types.ts';

/** What filters look at: a message, and what is known besides where it is listed. */
interface Subject {
  message: Message;
  /** Epoch milliseconds that `fromDate` and `toDate` are compared with. */
  time: number;
  state?: State;
  responseStatus?: number;
}

const COMMON = [
  'url',
  'topicName',
  'scheduleId',
  'queueName',
  'label',
  'flowControlKey',
  'callerIp',
  'callerIP',
];
const PAGING = ['count', 'cursor', 'fromDate', 'toDate', 'qstash_token'];

/** Which query parameters each listing knows. The service refuses others on its dead letters; so do we, everywhere. */
export const FILTERS = {
  cancel: [...COMMON, ...PAGING, 'messageIds', 'host', 'path', 'async'],
  deadLetters: [...COMMON, ...PAGING, 'messageId', 'dlqIds', 'responseStatus'],
  logs: [...COMMON, ...PAGING, 'messageId', 'messageIds', 'host', 'path', 'state'],
} as const;

const IN_PROGRESS: State[] = ['ACTIVE', 'RETRY', 'ERROR'];

/** What a subject has to compare with each filter. */
const VALUES: Record<string, (subject: Subject) => string[]> = {
  url: ({ message }) => [message.url],
  host: ({ message }) => [new URL(message.url).host],
  path: ({ message }) => [new URL(message.url).pathname],
  topicName: () => [],
  scheduleId: ({ message }) => (message.scheduleId ? [message.scheduleId] : []),
  queueName: ({ message }) => (message.queueName ? [message.queueName] : []),
  label: ({ message }) => message.labels,
  flowControlKey: ({ message }) => (message.delivery.flowControl ? [message.delivery.flowControl.key] : []),
  callerIp: () => [CALLER_IP],
  callerIP: () => [CALLER_IP],
  messageId: ({ message }) => [message.messageId],
  messageIds: ({ message }) => [message.messageId],
  responseStatus: ({ responseStatus }) => (responseStatus ? [String(responseStatus)] : []),
  state: ({ state }) => shownStates(state),
};

/**
 * Reads the filters of a listing or a bulk action: values of one parameter are alternatives, parameters must all
 * hold. Values may repeat the parameter or, except in URLs, be separated by commas.
 *
 * @throws Refusal 400 for an unknown parameter or a date that is no number
 */
export function readFilter(
  query: URLSearchParams,
  allowed: readonly string[],
): (subject: Subject) => boolean {
  for (const name of query.keys()) {
    if (!allowed.includes(name)) throw new Refusal(400, `unknown query parameter: ${name}`);
  }
  const from = readDate(query, 'fromDate') ?? Number.NEGATIVE_INFINITY;
  const to = readDate(query, 'toDate') ?? Number.POSITIVE_INFINITY;
  const tests = Object.entries(VALUES)
    .filter(([name]) => query.has(name))
    .map(([name, values]) => {
      const wanted = readList(query, name);
      return (subject: Subject) => values(subject).some((value) => wanted.includes(value));
    });
  return (subject) => subject.time >= from && subject.time <= to && tests.every((test) => test(subject));
}

export function readList(query: URLSearchParams, name: string): string[] {
  const values = query.getAll(name);
  return name === 'url' || name === 'path' ? values : values.flatMap((value) => value.split(','));
}

/** @throws Refusal 400 unless `count` is a whole number above zero; above the maximum it is the maximum */
export function readCount(query: URLSearchParams, maximum: number): number {
  const text = query.get('count');
  return text === null ? 100 : Math.min(maximum, readPositive('count', text));
}

function readDate(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw new Refusal(400, `invalid ${name}: ${text}`);
  return Number(text);
}

/** The names under which a state can be asked for. */
function shownStates(state: State | undefined): string[] {
  if (!state) return [];
  if (state === 'CANCELED') return ['CANCELED', 'CANCELLED'];
  return IN_PROGRESS.includes(state) ? [state, 'IN_PROGRESS'] : [state];
}
