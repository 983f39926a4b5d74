import { type Call, found, type Route } from './call.ts';
import { FILTERS, readCount, readFilter, readList } from './filters.ts';
import { republish } from './publish.ts';
import { empty, json, Refusal } from './refusal.ts';
import type { DeadLetter, Message } from './types.ts';
import { showDeadLetter, showLogEntry, showMessage } from './views.ts';

const MAX_PAGE = 100;
const MAX_LOG_PAGE = 1000;

/** Messages on their way, dead letters, and what happened. */
export const messageRoutes: Route[] = [
  { method: 'GET', path: '/v2/messages/:id', handle: (call) => json(showMessage(oneMessage(call))) },
  {
    method: 'DELETE',
    path: '/v2/messages/:id',
    handle: (call) => {
      call.core.dispatcher.cancel(oneMessage(call));
      return json({ cancelled: 1 }, 202);
    },
  },
  {
    method: 'DELETE',
    path: '/v2/messages',
    handle: ({ core, query }) => {
      const matches = readFilter(query, FILTERS.cancel);
      const chosen = [...core.store.messages.values()].filter((message) =>
        matches({ message, time: message.createdAt }),
      );
      for (const message of chosen) core.dispatcher.cancel(message);
      return json({ cancelled: chosen.length }, 202);
    },
  },
  { method: 'GET', path: '/v2/events', handle: (call) => json(listLog(call, 'events', 'CANCELED')) },
  { method: 'GET', path: '/v2/logs', handle: (call) => json(listLog(call, 'logs', 'CANCELLED')) },
  {
    method: 'GET',
    path: '/v2/dlq',
    handle: (call) => {
      const { page, cursor } = choose(call);
      return json({ messages: page.map(showDeadLetter), cursor });
    },
  },
  { method: 'GET', path: '/v2/dlq/:id', handle: (call) => json(showDeadLetter(oneDeadLetter(call))) },
  {
    method: 'DELETE',
    path: '/v2/dlq/:id',
    handle: (call) => {
      remove(call, [oneDeadLetter(call)]);
      return empty();
    },
  },
  {
    method: 'DELETE',
    path: '/v2/dlq',
    handle: (call) => {
      const { page, cursor } = choose(call);
      remove(call, page);
      return json({ deleted: page.length, cursor });
    },
  },
  {
    method: 'POST',
    path: '/v2/dlq/retry',
    handle: (call) => {
      const { page, cursor } = choose(call);
      const missing = readList(call.query, 'dlqIds').length > page.length;
      if (missing) throw new Refusal(404, 'some messages were not found in the dlq');
      return json({ cursor: cursor ?? '', responses: retry(call, page) }, 201);
    },
  },
  {
    method: 'POST',
    path: '/v2/dlq/retry/:id',
    handle: (call) => json({ responses: retry(call, [oneDeadLetter(call)]) }, 201),
  },
];

function oneMessage({ core, param }: Call): Message {
  return found(core.store.messages.get(param('id')), `message ${param('id')}`);
}

function oneDeadLetter({ core, param }: Call): DeadLetter {
  return found(core.store.deadLetters.get(param('id')), `dlq message ${param('id')}`);
}

/** One page of the dead letters a query asks for, oldest first. */
function choose({ core, query }: Call): { page: DeadLetter[]; cursor?: string } {
  const matches = readFilter(query, FILTERS.deadLetters);
  const ids = query.has('dlqIds') ? readList(query, 'dlqIds') : undefined;
  const count = readCount(query, MAX_PAGE);
  const after = query.get('cursor') ?? '';
  const letters = [...core.store.deadLetters.values()];
  const start = letters.findIndex(({ dlqId }) => dlqId === after) + 1;
  const chosen = letters.slice(start).filter((letter) => {
    if (ids) return ids.includes(letter.dlqId);
    const { message, failedAt, answer } = letter;
    return matches({ message, time: failedAt, responseStatus: answer.status });
  });
  const page = chosen.slice(0, count);
  return { page, cursor: chosen.length > count ? page.at(-1)?.dlqId : undefined };
}

function remove({ core }: Call, letters: DeadLetter[]): void {
  for (const { dlqId } of letters) core.store.deadLetters.delete(dlqId);
  core.changed();
}

function retry(call: Call, letters: DeadLetter[]): { messageId: string }[] {
  remove(call, letters);
  return letters.map(({ message }) => republish(call.core, message));
}

function listLog({ core, query }: Call, key: 'events' | 'logs', cancelled: 'CANCELED' | 'CANCELLED'): object {
  const matches = readFilter(query, FILTERS.logs);
  const count = readCount(query, MAX_LOG_PAGE);
  const cursor = query.get('cursor') || undefined;
  if (cursor !== undefined && !/^\d+$/.test(cursor)) throw new Refusal(400, `invalid cursor: ${cursor}`);
  const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
  const chosen = core.log
    .newestFirst()
    .filter((entry) => entry.position < before)
    .filter(({ message, time, state, answer }) =>
      matches({ message, time, state, responseStatus: answer?.status }),
    );
  const page = chosen.slice(0, count);
  return {
    [key]: page.map((entry) => showLogEntry(entry, cancelled)),
    cursor: chosen.length > count ? String(page.at(-1)?.position) : undefined,
  };
}
