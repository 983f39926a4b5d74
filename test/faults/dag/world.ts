import { z } from 'zod';
import { issueAccessToken } from '../../../src/auth/access-token.ts';
import { lookAfterIfDue } from '../../../src/domain/maintenance/look-after.ts';
import { act } from '../actors.ts';
import { createWeb } from '../effects/web.ts';
import { createFreezer } from '../freezer.ts';
import { LEASE_MS } from '../limits.ts';
import { flushAll, openSimulatedCloud } from '../simulated-cloud.ts';
import { installVirtualTime } from '../virtual-time.ts';
import { createDagDeliveries } from './deliveries.ts';
import { judgeFamily } from './family.ts';
import { judgeDag } from './judge.ts';
import { createLook } from './look.ts';
import type { DagPlan } from './plan.ts';
import { createDagSeam, type DagScene } from './seam.ts';
import { dagOf, FAMILY, nodesOf } from './shapes.ts';

const STARTS_AT = Date.UTC(2026, 10, 21, 12, 0, 0);
const TICK_MS = 60_000;
const AGAIN_MS = 2_000;
/** How often its user looks whether something is asked. */
const LOOKS_MS = 30_000;
const AFTERMATH_MS = 90_000;
/** By then the sweeper has come by, in case nobody lived to tell those below. */
const AFTERMATH_OF_CANCEL_MS = 600_000;
const POLL_MS = 100;
/** By then it has ended: each node may be lost a few times, one after another. */
const patienceMs = ({ nodes }: DagPlan) => 1_800_000 + nodes * 300_000;

const approvalsSchema = z.object({ data: z.array(z.object({ id: z.string(), kind: z.string() })) });
const madeSchema = z.object({ id: z.string() });

/** What came of one execution. */
export interface DagSimulated {
  /** Empty when all is well. */
  wrong: string[];
  requests: DagScene['requests'];
  deliveries: number;
  faults: number;
  /** Runs that its nodes took. */
  attempts: number;
  /** What workers and the sweeper asked of the database. */
  statements: number;
  tookMs: number;
  /** Of the processor. */
  computeMs: number;
}

/** The whole product in virtual time, executing DAGs. One at a time in a process; in which something went wrong is not to be trusted any more. */
export interface DagWorld {
  simulate(plan: DagPlan): Promise<DagSimulated>;
  close(): Promise<void>;
}

export async function openDagWorld(options: { log?: boolean } = {}): Promise<DagWorld> {
  const time = installVirtualTime(STARTS_AT);
  const frozen = createFreezer(time);
  let scene: DagScene | undefined;
  const web = createWeb();
  const { cloud, database, userId, sessionId, speakAgain } = await openSimulatedCloud({
    web,
    qstash: createDagDeliveries({
      time,
      scene: () => scene,
      app: async (request) => cloud.app.fetch(request),
    }),
    log: options.log ?? false,
  });
  const call = async (method: string, path: string, body?: unknown, key?: string): Promise<Response> => {
    const { settings, now } = cloud.context;
    const authority = { issuer: settings.publicUrl, secret: settings.jwtSecret };
    const token = await issueAccessToken(authority, { userId, sessionId, tokenId: 'token_faults' }, now());
    return cloud.app.request(path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  const template = await call('POST', '/api/agents', {
    tools: ['http_request', 'delegate'],
    policies: { http_request: 'always' },
  });
  const { id: agentId } = madeSchema.parse(await template.json());
  const seam = createDagSeam({
    time,
    frozen,
    textOf: cloud.fetches.textOf,
    scene: () => scene,
    look: createLook(database),
  });
  cloud.fetches.intercept = seam.intercept;
  globalThis.fetch = time.withoutDeadlines(globalThis.fetch);
  let count = 0;

  const ask = (...request: Parameters<typeof call>): Promise<Response | undefined> =>
    act('user', () => call(...request), { what: `${request[0]} ${request[1]}` }).catch(() => undefined);

  /** Sends what was not answered again under the same key, as any client may. */
  async function begin(own: DagScene, body: unknown): Promise<string> {
    while (scene === own) {
      const answer = ask('POST', '/api/execute-dag', body, own.name);
      const response = await Promise.race([answer, time.sleep(LEASE_MS).then(() => undefined)]);
      if (response?.status === 202) return madeSchema.parse(await response.json()).id;
      if (response?.status === 400) throw new Error(`the DAG was refused: ${await response.text()}`);
      await time.sleep(AGAIN_MS);
    }
    return '';
  }

  /** Cancels with the delivery of that number, until it is answered. */
  async function cancel(own: DagScene, executionId: string, nth: number): Promise<void> {
    while (scene === own && own.deliveries < nth) await time.sleep(POLL_MS);
    while (scene === own) {
      const response = await ask('POST', `/api/dag-executions/${executionId}/cancel`);
      if (response?.ok) return;
      await time.sleep(AGAIN_MS);
    }
  }

  /** A call whose answers were all lost is asked about. Sent again under its key it does no harm. */
  async function decide(): Promise<void> {
    const response = await ask('GET', '/api/approvals?state=pending&limit=100');
    if (response?.status !== 200) return;
    const { data } = approvalsSchema.parse(await response.json());
    await Promise.all(
      data.map(({ id, kind }) =>
        ask('POST', `/api/approvals/${id}`, { decision: kind === 'review' ? 'sendAgain' : 'allow' }),
      ),
    );
  }

  const isOver = ({ status, wrong }: DagScene) =>
    wrong.size > 0 || ['completed', 'failed', 'cancelled'].includes(status ?? '');

  return {
    async simulate(plan) {
      count += 1;
      await cloud.redis.fetch(flushAll());
      cloud.fetches.log.length = 0;
      web.forget();
      const startedAtMs = time.now();
      const computed = process.cpuUsage();
      const own: DagScene = {
        name: `DAG-${count}`,
        plan,
        requests: [],
        deliveries: 0,
        deliveryFaults: [],
        wrong: new Set(),
        status: null,
      };
      scene = own;
      const tick = () => void act('cron', () => lookAfterIfDue(cloud.context)).catch(() => undefined);
      const timers = [setInterval(tick, TICK_MS), setInterval(() => void decide(), LOOKS_MS)];
      const { cancelAt } = plan;
      void begin(own, { dag: dagOf(own.name, agentId, plan) }).then((id) =>
        cancelAt === null ? undefined : cancel(own, id, cancelAt),
      );
      const isEnded = await time.run(
        () => isOver(own),
        () => startedAtMs + patienceMs(plan),
      );
      const tookMs = time.now() - startedAtMs;
      if (!isEnded) own.wrong.add(`it is ${own.status} after ${tookMs / 1000} s`);
      const watchedUntilMs = time.now() + (cancelAt === null ? AFTERMATH_MS : AFTERMATH_OF_CANCEL_MS);
      await time.run(
        () => false,
        () => watchedUntilMs,
      );
      for (const timer of timers) clearInterval(timer);
      scene = undefined;
      const { wrong, attempts } =
        plan.shape === FAMILY
          ? await judgeFamily(cloud, own.name, plan, web.arrived())
          : await judgeDag(cloud, own.name, nodesOf(plan.shape, plan.nodes), web.arrived());
      const { requests, deliveries, deliveryFaults } = own;
      const { user, system } = process.cpuUsage(computed);
      const faults = requests.filter(({ mode }) => mode !== 'none').length + deliveryFaults.length;
      if (faults < plan.strikes) own.wrong.add('a fault found nothing to befall');
      return {
        wrong: [...own.wrong, ...wrong],
        requests,
        deliveries,
        faults,
        attempts,
        statements: requests.filter(({ service, actor }) => service === 'neon' && actor !== 'user').length,
        tookMs,
        computeMs: (user + system) / 1000,
      };
    },
    async close() {
      seam.close();
      await time.settle();
      await cloud.close();
      time.restore();
      speakAgain();
    },
  };
}
