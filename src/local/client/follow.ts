import { setTimeout as delay } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { type ApiClient, ApiError } from './api.ts';

/** One server-sent event; `id` is a cursor, which control events lack. */
export interface StreamedEvent {
  type: string;
  id: string | undefined;
  data: unknown;
}

export interface FollowOptions {
  /** Starts behind this event. */
  lastEventId?: string;
  /** Ends following. */
  signal?: AbortSignal;
  /** How long the stream may be gone, in milliseconds. */
  patienceMs?: number;
  /** How long it waits before it takes the stream up again, in milliseconds. */
  pauseMs?: number;
  /** Told each time the stream is taken up again. */
  onResume?: () => void;
}

const ENDS = ['completed', 'failed', 'cancelled'];

/**
 * Follows a run's events until its last one. When the stream ends early, or the server is gone for a while, it is taken up
 * again behind the last event that had an id, so nothing is missed and nothing comes twice.
 *
 * @throws {ApiError} when the API refuses, and the last network error when it stays away longer than `patienceMs`
 */
export const followRun = (api: Pick<ApiClient, 'send'>, runId: string, options: FollowOptions = {}) =>
  follow(api, `/api/v1/runs/${runId}/events`, 'run', options);

/** The same for an execution of a DAG, with all of its nodes. */
export const followExecution = (
  api: Pick<ApiClient, 'send'>,
  executionId: string,
  options: FollowOptions = {},
) => follow(api, `/api/v1/dag-executions/${executionId}/events`, 'execution', options);

async function* follow(
  api: Pick<ApiClient, 'send'>,
  path: string,
  noun: string,
  { lastEventId, signal, patienceMs = 30_000, pauseMs = 200, onResume }: FollowOptions,
): AsyncGenerator<StreamedEvent, void> {
  const lastOnes = ENDS.map((end) => `${noun}.${end}`);
  let cursor = lastEventId;
  let failingSince: number | undefined;
  for (;;) {
    try {
      const headers = {
        accept: 'text/event-stream',
        ...(cursor === undefined ? {} : { 'last-event-id': cursor }),
      };
      const response = await api.send('GET', path, { headers, signal });
      for await (const event of read(response)) {
        failingSince = undefined;
        cursor = event.id ?? cursor;
        yield event;
        if (lastOnes.includes(event.type)) return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ApiError && error.status < 500) throw error;
      failingSince ??= Date.now();
      if (Date.now() - failingSince > patienceMs) throw error;
    }
    await delay(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    onResume?.();
  }
}

async function* read(response: Response): AsyncGenerator<StreamedEvent, void> {
  const events = response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { event = 'message', id, data } of events ?? []) {
    yield { type: event, id, data: JSON.parse(data) };
  }
}
