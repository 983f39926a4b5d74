import { type Call, type Route, readJson } from './call.ts';
import { batchBody, publish } from './publish.ts';
import { json, Refusal } from './refusal.ts';
import { createSchedule } from './schedules.ts';

/** Everything that takes a destination in its path or its body. */
export const publishRoutes: Route[] = [
  {
    method: 'POST',
    path: '/v2/publish/*',
    handle: async (call) => {
      const { destination, headers } = readDestination(call, '/v2/publish/');
      return answer(publish(call.core, destination, headers, await call.body()));
    },
  },
  {
    method: 'POST',
    path: '/v2/enqueue/:queue/*',
    handle: async (call) => {
      const queue = call.target.split('/')[3] ?? '';
      const { destination, headers } = readDestination(call, `/v2/enqueue/${queue}/`);
      return answer(publish(call.core, destination, headers, await call.body(), call.param('queue')));
    },
  },
  {
    method: 'POST',
    path: '/v2/batch',
    handle: async (call) => {
      const items = await readJson(call);
      if (!Array.isArray(items)) throw new Refusal(400, 'invalid batch: must be an array');
      return json(items.map((item: unknown) => publishItem(call, item)));
    },
  },
  {
    method: 'POST',
    path: '/v2/schedules/*',
    handle: async (call) => {
      const { destination, headers } = readDestination(call, '/v2/schedules/');
      const { scheduleId } = createSchedule(call.core, destination, headers, await call.body());
      return json({ scheduleId });
    },
  },
];

function answer(published: ReturnType<typeof publish>): Response {
  return json(published, published.deduplicated ? 202 : 200);
}

/** One item of a batch; what is wrong with it is its own answer, and the others go ahead. */
function publishItem(call: Call, item: unknown): unknown {
  try {
    if (typeof item !== 'object' || item === null) throw new Refusal(400, 'invalid batch item');
    const { destination, headers, body, queue }: Record<string, unknown> = { ...item };
    if (typeof destination !== 'string') throw new Refusal(400, 'destination is missing');
    const queueName = typeof queue === 'string' && queue !== '' ? queue : undefined;
    return publish(call.core, destination, readHeaders(headers), batchBody(body), queueName);
  } catch (error) {
    if (error instanceof Refusal) return { error: error.message };
    throw error;
  }
}

function readHeaders(value: unknown): Headers {
  const headers = new Headers();
  if (value === undefined || value === null) return headers;
  if (typeof value !== 'object') throw new Refusal(400, 'invalid headers');
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw new Refusal(400, `invalid header: ${name}`);
    try {
      headers.set(name, text);
    } catch {
      throw new Refusal(400, `invalid header: ${name}`);
    }
  }
  return headers;
}

/**
 * Cuts the destination out of the raw target. Options may also come as lower-case query parameters
 * (docs: howto/webhook); they and the token are not part of the destination, every other byte of its query is.
 */
function readDestination(call: Call, prefix: string): { destination: string; headers: Headers } {
  const headers = new Headers(call.headers);
  const [address = '', ...rest] = call.target.slice(prefix.length).split('?');
  const kept: string[] = [];
  for (const part of rest.length === 0 ? [] : rest.join('?').split('&')) {
    const [[name = '', value = ''] = []] = [...new URLSearchParams(part)];
    if (name === 'qstash_token') continue;
    if (!name.startsWith('upstash-')) kept.push(part);
    else if (!headers.has(name)) headers.set(name, value);
  }
  return { destination: kept.length === 0 ? address : `${address}?${kept.join('&')}`, headers };
}
