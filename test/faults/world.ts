import { sql } from 'drizzle-orm';
import { issueAccessToken } from '../../src/auth/access-token.ts';
import { lookAfterIfDue } from '../../src/domain/maintenance/look-after.ts';
import { act } from './actors.ts';
import { SHUT_DAY_USD } from './budget/task.ts';
import { createDeliveries } from './deliveries.ts';
import { seedIssue } from './effects/issue.ts';
import { createWeb } from './effects/web.ts';
import { follow } from './follower.ts';
import { createFreezer } from './freezer.ts';
import { LEASE_MS } from './limits.ts';
import { createMask } from './mask.ts';
import { judgeOutcome } from './outcome.ts';
import { createPerson } from './person.ts';
import { createPhone } from './phone.ts';
import type { Plan } from './plan.ts';
import { createSeam, type Scene } from './seam.ts';
import { flushAll, openSimulatedCloud } from './simulated-cloud.ts';
import { createSimulation, hasEnded, type Simulated } from './simulation.ts';
import { TASKS } from './tasks.ts';
import { installVirtualTime } from './virtual-time.ts';
import { createWatch } from './watch.ts';

const STARTS_AT = Date.UTC(2026, 10, 21, 12, 0, 0);

const TICK_MS = 60_000;
/** While a run waits for a user who has gone away nothing is due, so most ticks are left out. */
const AWAY_TICK_MS = 8 * 3_600_000;
/**
 * How long one stands still that nobody supersedes: long enough for the sweeper to have found its run. A worker that was
 * superseded goes on at once, side by side with its successor.
 */
const FREEZE_MS = LEASE_MS + TICK_MS + 10_000;
/** How long a run that has ended is watched for what still comes in. */
const AFTERMATH_MS = 90_000;

/** A phone uses a token for a while; they last longer than this. */
const TOKEN_FRESH_MS = 60_000;

/** The whole product in virtual time. One at a time in a process; runs follow one another and each has an agent of its own. */
export interface World {
  simulate(plan: Plan): Promise<Simulated>;
  close(): Promise<void>;
}

export async function openWorld(options: { log?: boolean } = {}): Promise<World> {
  const time = installVirtualTime(STARTS_AT);
  const frozen = createFreezer(time);
  let scene: Scene | undefined;
  const deliveries = createDeliveries({
    time,
    simulation: () => scene?.simulation,
    app: async (request) => cloud.app.fetch(request),
  });
  const web = createWeb();
  const { cloud, database, userId, sessionId, speakAgain } = await openSimulatedCloud({
    web,
    qstash: deliveries,
    log: options.log ?? false,
  });
  const githubToken = await cloud.github.issueToken('demo');
  await seedIssue(cloud, githubToken);
  const watch = createWatch(database, frozen);
  const seam = createSeam({
    time,
    frozen,
    freezeMs: FREEZE_MS,
    textOf: cloud.fetches.textOf,
    scene: () => scene,
    look: async (...seen) => void (scene && (await watch(scene, ...seen))),
  });
  cloud.fetches.intercept = seam.intercept;
  globalThis.fetch = time.withoutDeadlines(globalThis.fetch);
  let count = 0;

  let issued = { token: '', atMs: Number.NEGATIVE_INFINITY };
  const freshToken = async (): Promise<string> => {
    const { settings, now } = cloud.context;
    if (time.now() - issued.atMs < TOKEN_FRESH_MS) return issued.token;
    const authority = { issuer: settings.publicUrl, secret: settings.jwtSecret };
    const ids = { userId, sessionId, tokenId: 'token_faults' };
    issued = { token: await issueAccessToken(authority, ids, now()), atMs: time.now() };
    return issued.token;
  };
  const call = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const token = await freshToken();
    return cloud.app.request(path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };

  const phone = createPhone({
    time,
    call,
    async wasHeard(text, runId = null) {
      const { rows } = await cloud.db.execute(
        sql`SELECT 1 FROM agents a WHERE a.name = ${scene?.simulation.name ?? ''}::text
          AND (EXISTS (SELECT FROM runs r WHERE r.agent_id = a.id AND r.prompt = ${text}::text)
            OR EXISTS (SELECT FROM messages m WHERE m.agent_id = a.id AND m.text = ${text}::text
              AND (${runId}::text IS NULL OR m.run_id = ${runId}::text)))`,
      );
      return rows.length > 0;
    },
  });

  let tickedAtMs = 0;
  const tick = () => {
    if (scene?.person.isAwaited() && time.now() - tickedAtMs < AWAY_TICK_MS) return;
    tickedAtMs = time.now();
    void act('cron', () => lookAfterIfDue(cloud.context)).catch(() => undefined);
  };

  /** What the user may spend in a day; none for what the deployment allows. */
  const limitDay = (microUsd: number | null) =>
    cloud.db.execute(sql`UPDATE users SET daily_cost_limit_micro_usd = ${microUsd}::bigint`);

  return {
    async simulate(plan) {
      count += 1;
      await cloud.redis.fetch(flushAll());
      cloud.fetches.log.length = 0;
      const simulation = createSimulation(`Run ${count}`, plan, time.now());
      const person = createPerson(simulation, phone, time);
      scene = { simulation, person, mask: createMask() };
      if (TASKS[plan.task].isDayShut) await limitDay(SHUT_DAY_USD * 1e6);
      const cron = setInterval(tick, TICK_MS);
      person.giveTask();
      const { runs, struckAt, wrong, requests } = simulation;
      const firstRun = () => [...runs.values()][0];
      if (plan.followsWithinMs !== null) {
        const isOver = () => scene?.simulation !== simulation;
        simulation.follower = follow(time, {
          open: (after) => call('GET', `/api/runs/${firstRun()?.row.id ?? 'none'}/events?after=${after}`),
          isOver,
        });
      }
      const ended = () => runs.size > 0 && !person.isBusy() && [...runs.values()].every(hasEnded);
      await time.run(ended, () => simulation.endsByMs);
      const tookMs = time.now() - simulation.startedAtMs;
      if (!ended()) {
        const stuck = [...runs.values()].map(({ row }) => row.status).join(', ');
        wrong.push(`the run is ${stuck || 'not there'} after ${tookMs} ms`);
      }
      const watchedUntilMs = time.now() + AFTERMATH_MS;
      await time.run(
        () => false,
        () => watchedUntilMs,
      );
      clearInterval(cron);
      person.leave();
      scene = undefined;
      const { follower } = simulation;
      if (follower) wrong.push(...follower.judge(plan.followsWithinMs ?? 0));
      const outcome = await judgeOutcome(cloud, githubToken, web, simulation);
      await limitDay(null);
      wrong.push(...outcome.wrong);
      if (struckAt.length < plan.strikes) wrong.push('a fault found nothing to befall');
      if (simulation.deedsDone.length < plan.acts) wrong.push('a deed found no moment');
      const { gaveUp, didWork } = outcome;
      const { deliveries, deliveryFaults } = simulation;
      return {
        wrong: [...new Set(wrong)],
        gaveUp,
        didWork,
        struckAt,
        tookMs,
        requests,
        deliveries,
        deliveryFaults,
        steps: [...runs.values()].reduce((sum, { committedSteps }) => sum + committedSteps, 0),
        latestEventMs: follower?.latestMs() ?? null,
      };
    },
    async close() {
      // PGlite spins for ever on a statement that comes after its end, so nobody who is left may send one.
      seam.close();
      await time.settle();
      // Only then the clock: Postgres is in this process and must not see it go back.
      await cloud.close();
      time.restore();
      speakAgain();
    },
  };
}
