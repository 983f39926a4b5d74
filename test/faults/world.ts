import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { issueAccessToken } from '../../src/auth/access-token.ts';
import { sweepIfDue } from '../../src/engine/sweep.ts';
import type { Fault as QueueFault } from '../../src/local/qstash/faults.ts';
import type { Message } from '../../src/local/qstash/types.ts';
import type { Log } from '../../src/log.ts';
import { RUN_CALLBACK } from '../../src/queue/qstash.ts';
import { openCloud } from '../support/cloud.ts';
import { type Actor, act, asNobody, currentActor } from './actors.ts';
import { dispatchOf, judgeAnswer } from './delivery.ts';
import { SERVICES, type Service } from './fault.ts';
import { createFreezer } from './freezer.ts';
import { createLook } from './look.ts';
import { createMask } from './mask.ts';
import { createMemoryFs } from './memory-fs.ts';
import { judgeOutcome } from './outcome.ts';
import { LEASE_MS, type Plan } from './plan.ts';
import { judgeChange, type Seen, seenSchema } from './row-watch.ts';
import { never, strike } from './strike.ts';
import { createPhone, FOLLOW_UP } from './task.ts';
import { installVirtualTime } from './virtual-time.ts';

const STARTS_AT = Date.UTC(2026, 10, 21, 12, 0, 0);
const PUBLIC_URL = 'https://cadence.test';

const TICK_MS = 60_000;
/**
 * How long one stands still that nobody supersedes: long enough for the sweeper to have found its run. A worker that was
 * superseded goes on at once, side by side with its successor.
 */
const FREEZE_MS = LEASE_MS + TICK_MS + 10_000;
const LATE_MS = 30_000;
/** How long the task may take when nothing goes wrong. */
const PLAIN_MS = 10_000;
/** How long a run that has ended is watched for what still comes in. */
const AFTERMATH_MS = 90_000;

/** A request of the product, as it left. */
interface Sent {
  service: Service;
  nth: number;
  actor: Actor['kind'];
  what: string;
}

/** What came of one simulated run. */
export interface Simulated {
  /** Empty when all is well. */
  wrong: string[];
  /** Struck so often in one place that it failed, which only faults left to chance excuse. */
  gaveUp: boolean;
  /** Where in `requests` faults struck; one of a delivery stands at the request before it. */
  struckAt: number[];
  /** Virtual time from the task to its end. */
  tookMs: number;
  requests: Sent[];
  deliveries: number;
}

/** The whole product in virtual time. One at a time in a process; runs follow one another and each has an agent of its own. */
export interface World {
  simulate(plan: Plan): Promise<Simulated>;
  close(): Promise<void>;
}

interface Simulation {
  name: string;
  plan: Plan;
  startedAtMs: number;
  /** When the run must have ended. */
  endsByMs: number;
  struckAt: number[];
  wrong: string[];
  seen: Seen | null;
  requests: Sent[];
  deliveries: number;
  comesAgain: boolean;
  followUp: 'due' | 'sent';
}

export async function openWorld(options: { log?: boolean } = {}): Promise<World> {
  const time = installVirtualTime(STARTS_AT);
  const cloud = await openCloud({
    env: { STEPS_PER_CALLBACK: '2', LEASE_MS: String(LEASE_MS), LOG_LEVEL: 'debug' },
    model: { sleep: (ms, signal) => virtualSleep(ms, signal) },
    github: { fs: createMemoryFs(), rateLimit: { authenticated: 1_000_000 } },
    qstash: {
      fetch: (url, init) => deliver(new Request(url, init)),
      faults: { onDelivery: (message) => onDelivery(message) },
    },
  });
  const speakAgain = options.log ? () => undefined : silence(cloud.context.log);
  const { user } = await cloud.signIn('demo');
  const githubToken = await cloud.github.issueToken('demo');
  let simulation: Simulation | undefined;
  let count = 0;
  let closed = false;
  let masked = createMask();

  async function deliver(request: Request): Promise<Response> {
    const again = request.clone();
    const current = simulation;
    try {
      const response = await work(request);
      current?.wrong.push(...(await judgeAnswer(response)));
      return response;
    } finally {
      if (simulation?.comesAgain) {
        simulation.comesAgain = false;
        void comeAgain(again);
      }
    }
  }

  /** Nobody waits for the answer of a delivery that comes a second time, long after the first. */
  async function comeAgain(request: Request): Promise<void> {
    await time.sleep(LATE_MS);
    await work(request).catch(() => undefined);
  }

  async function work(request: Request): Promise<Response> {
    const dispatchNo = await dispatchOf(request);
    return act('delivery', async () => cloud.app.fetch(request), dispatchNo);
  }

  function onDelivery(message: Readonly<Message>): QueueFault {
    if (!simulation || message.url !== PUBLIC_URL + RUN_CALLBACK) return 'deliver';
    simulation.deliveries += 1;
    const sinceMs = time.now() - simulation.startedAtMs;
    const mode = simulation.plan.delivery(simulation.deliveries, sinceMs);
    if (!mode) return 'deliver';
    simulation.struckAt.push(simulation.requests.length - 1);
    switch (mode) {
      case 'duplicate':
      case 'drop':
      case 'unreachable':
      case 'answerLost':
        return mode;
      case 'delay':
        return { delayMs: LEASE_MS + 5_000 };
      case 'late':
        simulation.comesAgain = true;
        return 'deliver';
    }
  }

  const statements = createLane();

  /** Lets a request take effect. Statements go one by one, each looked at before the next. */
  async function serve(
    service: Service,
    actor: Actor,
    request: Request,
    send: () => Promise<Response>,
  ): Promise<Response> {
    const exchange = () => asNobody(async () => whole(service, await send()));
    if (service !== 'neon') return time.track(exchange());
    const isRead = /^\{"query":"SELECT/.test(await time.track(request.clone().text()));
    return time.track(
      statements(async () => {
        const response = await exchange();
        if (!isRead) await asNobody(() => look(actor));
        return response;
      }),
    );
  }

  const lookAtTask = createLook(cloud);

  async function look(actor: Actor): Promise<void> {
    if (!simulation) return;
    const rows = await lookAtTask(simulation.name);
    if (rows.length > 1) simulation.wrong.push(`the task was started ${rows.length} times`);
    if (rows[0] === undefined) return;
    const seen = seenSchema.parse(rows[0]);
    simulation.wrong.push(...judgeChange(simulation.seen, seen, actor, time.now()));
    if (seen.row.status === 'running') frozen.thaw(seen.row.epoch);
    simulation.seen = seen;
  }

  const frozen = createFreezer(time);

  async function stillThere(actor: Actor): Promise<void> {
    await frozen.wait(actor);
    if (actor.dead) await never();
  }

  cloud.fetches.intercept = async (name, request, send) => {
    const actor = currentActor();
    const service = SERVICES.find((known) => known === name);
    if (closed) return never();
    if (!actor || !service || !simulation) return asNobody(send);
    await stillThere(actor);
    const nth = simulation.requests.filter((sent) => sent.service === service).length + 1;
    simulation.requests.push({
      service,
      nth,
      actor: actor.kind,
      what: `${request.method} ${masked(new URL(request.url).pathname)}`,
    });
    if (service === 'model') await followUpIfDue(simulation, request);
    const mode = simulation.plan.request(service, nth, time.now() - simulation.startedAtMs);
    if (mode) simulation.struckAt.push(simulation.requests.length - 1);
    const sendOn = () => serve(service, actor, request, send);
    const freeze = () => {
      // A request of the user or a tick has no successor: what it was about to do waits for it.
      if (actor.kind !== 'delivery' && simulation) simulation.endsByMs += FREEZE_MS;
      return frozen.freeze(actor, FREEZE_MS);
    };
    const response = await (mode ? strike(mode, { service, actor, send: sendOn, freeze }) : sendOn());
    await stillThere(actor);
    return response;
  };

  async function followUpIfDue(current: Simulation, request: Request): Promise<void> {
    if (current.followUp === 'sent') return;
    const { messages } = turnsSchema.parse(await request.clone().json());
    const turns = messages.filter(({ role }) => role === 'assistant').length;
    if (turns !== current.plan.followUpAfter || !current.seen) return;
    current.followUp = 'sent';
    const { agent_id } = agentIdSchema.parse(current.seen.row);
    await asNobody(() => phone.sendFollowUp(agent_id));
  }

  const phone = createPhone({
    time,
    call: async (method, path, body) => {
      const { settings, now } = cloud.context;
      const authority = { issuer: settings.publicUrl, secret: settings.jwtSecret };
      const ids = { userId: user.id, sessionId: 'session_faults', tokenId: 'token_faults' };
      const token = await issueAccessToken(authority, ids, now());
      return cloud.app.request(path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    },
    async wasHeard() {
      const { rows } = await cloud.db.execute(
        sql`SELECT 1 FROM runs r JOIN agents a ON a.id = r.agent_id WHERE a.name = ${simulation?.name ?? ''}::text
          AND (r.inbox_seq > 0 OR r.prompt = ${FOLLOW_UP}::text)`,
      );
      return rows.length > 0;
    },
  });

  const tick = () => void act('cron', () => sweepIfDue(cloud.context.engine)).catch(() => undefined);

  return {
    async simulate(plan) {
      count += 1;
      await cloud.redis.fetch(flushAll());
      cloud.fetches.log.length = 0;
      const current: Simulation = {
        name: `Run ${count}`,
        plan,
        startedAtMs: time.now(),
        endsByMs: time.now() + PLAIN_MS + plan.extraMs,
        struckAt: [],
        wrong: [],
        seen: null,
        requests: [],
        deliveries: 0,
        comesAgain: false,
        followUp: 'due',
      };
      simulation = current;
      masked = createMask();
      const cron = setInterval(tick, TICK_MS);
      phone.giveTask(current.name).catch((error: unknown) => current.wrong.push(String(error)));
      const ended = () => current.seen !== null && current.seen.row.finished_at !== null;
      await time.run(ended, () => current.endsByMs);
      const tookMs = time.now() - current.startedAtMs;
      if (!ended())
        current.wrong.push(`the run is ${current.seen?.row.status ?? 'not there'} after ${tookMs} ms`);
      const watchedUntilMs = time.now() + AFTERMATH_MS;
      await time.run(
        () => false,
        () => watchedUntilMs,
      );
      clearInterval(cron);
      simulation = undefined;
      const outcome = await judgeOutcome(cloud, githubToken, current.seen, plan);
      current.wrong.push(...outcome.wrong);
      const { struckAt, wrong, requests, deliveries } = current;
      if (struckAt.length < plan.strikes) wrong.push('a fault found nothing to befall');
      return { struckAt, wrong: [...new Set(wrong)], gaveUp: outcome.gaveUp, tookMs, requests, deliveries };
    },
    async close() {
      // PGlite spins for ever on a statement that comes after its end, so nobody who is left may send one.
      closed = true;
      await time.settle();
      // Only then the clock: Postgres is in this process and must not see it go back.
      await cloud.close();
      time.restore();
      speakAgain();
    },
  };
}

const turnsSchema = z.object({ messages: z.array(z.object({ role: z.string() })) });
const agentIdSchema = z.object({ agent_id: z.string() });

/** An answer with its whole body at hand; a model's comes in pieces, which take time. */
async function whole(service: Service, response: Response): Promise<Response> {
  if (service === 'model' || response.body === null) return response;
  const { status, headers } = response;
  return new Response(await response.arrayBuffer(), { status, headers });
}

/** Faults make the product say a lot, and QStash's client tells the console of each. Gives what undoes it. */
function silence(log: Log): () => void {
  const nothing = () => undefined;
  Object.assign(log, { debug: nothing, info: nothing, warn: nothing, error: nothing } satisfies Log);
  const { error } = console;
  console.error = nothing;
  return () => {
    console.error = error;
  };
}

/** Work that is done one piece after the other. */
function createLane() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}

const flushAll = () =>
  new Request('http://redis.local/', {
    method: 'POST',
    headers: { authorization: 'Bearer redis-token' },
    body: JSON.stringify(['FLUSHALL']),
  });

function virtualSleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
