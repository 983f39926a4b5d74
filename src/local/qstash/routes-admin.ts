import { type Call, found, type Route, readJson } from './call.ts';
import { readPeriod, readPositive } from './publish-options.ts';
import { empty, json, Refusal } from './refusal.ts';
import type { FlowKey, Queue, Schedule } from './types.ts';
import { showFlowKey, showQueue, showSchedule } from './views.ts';

/** Calls across all keys on the pay-as-you-go plan. Shown, not enforced. */
const GLOBAL_PARALLELISM = 100;

const queueRoutes: Route[] = [
  { method: 'POST', path: '/v2/queues', handle: upsertQueue },
  {
    method: 'GET',
    path: '/v2/queues',
    handle: (call) => json([...call.core.store.queues.values()].map((queue) => viewQueue(call, queue))),
  },
  { method: 'GET', path: '/v2/queues/:name', handle: (call) => json(viewQueue(call, oneQueue(call))) },
  {
    method: 'DELETE',
    path: '/v2/queues/:name',
    handle: (call) => {
      const { name } = oneQueue(call);
      for (const message of call.core.store.messages.values()) {
        if (message.queueName === name) call.core.dispatcher.cancel(message);
      }
      call.core.store.queues.delete(name);
      return empty();
    },
  },
  { method: 'POST', path: '/v2/queues/:name/pause', handle: (call) => setQueue(call, { paused: true }) },
  { method: 'POST', path: '/v2/queues/:name/resume', handle: (call) => setQueue(call, { paused: false }) },
];

/** The client pauses with PATCH, the OpenAPI document with POST. */
const scheduleRoutes: Route[] = [
  {
    method: 'GET',
    path: '/v2/schedules',
    handle: ({ core }) => json([...core.store.schedules.values()].map(showSchedule)),
  },
  { method: 'GET', path: '/v2/schedules/:id', handle: (call) => json(showSchedule(oneSchedule(call))) },
  {
    method: 'DELETE',
    path: '/v2/schedules/:id',
    handle: (call) => {
      call.core.store.schedules.delete(oneSchedule(call).scheduleId);
      return empty();
    },
  },
  ...['PATCH', 'POST'].flatMap((method): Route[] => [
    { method, path: '/v2/schedules/:id/pause', handle: (call) => setSchedulePaused(call, true) },
    { method, path: '/v2/schedules/:id/resume', handle: (call) => setSchedulePaused(call, false) },
  ]),
];

const flowRoutes: Route[] = [
  {
    method: 'GET',
    path: '/v2/flowControl',
    handle: (call) => json([...call.core.store.flowKeys.values()].map((flow) => viewFlow(call, flow))),
  },
  {
    method: 'GET',
    path: '/v2/flowControl/:key',
    handle: (call) => {
      const key = call.param('key');
      return json(viewFlow(call, found(call.core.store.flowKeys.get(key), `flow control key ${key}`)));
    },
  },
  ...Object.entries({ pause: pauseFlow, resume: resumeFlow, pin, unpin, resetRate }).map(
    ([verb, change]): Route => ({
      method: 'POST',
      path: `/v2/flowControl/:key/${verb}`,
      handle: (call) => {
        change(call.core.store.ensureFlowKey(call.param('key'), call.core.clock.now()), call);
        return empty();
      },
    }),
  ),
  {
    method: 'GET',
    path: '/v2/globalParallelism',
    handle: ({ core }) =>
      json({ parallelismMax: GLOBAL_PARALLELISM, parallelismCount: core.dispatcher.active() }),
  },
];

const keyRoutes: Route[] = [
  { method: 'GET', path: '/v2/keys', handle: ({ core }) => json(core.store.keys) },
  {
    method: 'POST',
    path: '/v2/keys/rotate',
    handle: ({ core }) => {
      core.store.rotateKeys();
      return json(core.store.keys);
    },
  },
];

/** Queues, schedules, flow control and signing keys. */
export const adminRoutes: Route[] = [...queueRoutes, ...scheduleRoutes, ...flowRoutes, ...keyRoutes];

async function upsertQueue(call: Call): Promise<Response> {
  const body = await readJson(call);
  if (typeof body !== 'object' || body === null) throw new Refusal(400, 'invalid queue');
  const { queueName, parallelism = 1, paused = false }: Record<string, unknown> = { ...body };
  if (typeof queueName !== 'string' || queueName === '') throw new Refusal(400, 'queueName is missing');
  if (typeof parallelism !== 'number' || !Number.isInteger(parallelism) || parallelism < 1) {
    throw new Refusal(400, 'parallelism must be a positive number');
  }
  if (typeof paused !== 'boolean') throw new Refusal(400, 'paused must be true or false');
  const now = call.core.clock.now();
  Object.assign(call.core.store.ensureQueue(queueName, now), { parallelism, paused, updatedAt: now });
  return empty();
}

function oneQueue({ core, param }: Call): Queue {
  return found(core.store.queues.get(param('name')), `queue ${param('name')}`);
}

function viewQueue({ core }: Call, queue: Queue): Record<string, unknown> {
  let lag = 0;
  for (const { queueName } of core.store.messages.values()) if (queueName === queue.name) lag++;
  return showQueue(queue, lag);
}

function setQueue(call: Call, change: { paused: boolean }): Response {
  Object.assign(oneQueue(call), change, { updatedAt: call.core.clock.now() });
  return empty();
}

function oneSchedule({ core, param }: Call): Schedule {
  return found(core.store.schedules.get(param('id')), `schedule ${param('id')}`);
}

function setSchedulePaused(call: Call, isPaused: boolean): Response {
  oneSchedule(call).isPaused = isPaused;
  return empty();
}

function viewFlow({ core }: Call, flow: FlowKey): Record<string, unknown> {
  const active = core.dispatcher.active(flow.key);
  const now = core.clock.now();
  let due = 0;
  for (const { delivery, notBefore } of core.store.messages.values()) {
    if (delivery.flowControl?.key === flow.key && notBefore <= now) due++;
  }
  return showFlowKey(flow, active, due - active);
}

function pauseFlow(flow: FlowKey): void {
  flow.paused = true;
}

function resumeFlow(flow: FlowKey): void {
  flow.paused = false;
}

/** Pinning starts a new period (openapi). */
function pin(flow: FlowKey, call: Call): void {
  const parallelism = call.query.get('parallelism');
  const rate = call.query.get('rate');
  const period = call.query.get('period');
  if (parallelism !== null) {
    flow.parallelism = readPositive('parallelism', parallelism);
    flow.pinnedParallelism = true;
  }
  if (rate !== null) {
    flow.periodSeconds = period === null ? 1 : readPeriod(period);
    flow.rate = readPositive('rate', rate);
    flow.pinnedRate = true;
  }
  resetRate(flow, call);
}

function unpin(flow: FlowKey, { query }: Call): void {
  if (query.get('parallelism') === 'true') flow.pinnedParallelism = false;
  if (query.get('rate') === 'true') flow.pinnedRate = false;
}

function resetRate(flow: FlowKey, { core }: Call): void {
  flow.rateCount = 0;
  flow.periodStart = core.clock.now();
}
