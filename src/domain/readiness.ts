import { describeError } from '../log.ts';
import { type SchedulerLag, schedulerLag } from '../store/settling.ts';
import type { Context } from './context.ts';

/** What does not answer within this time counts as down. */
const PING_TIMEOUT_MS = 2000;
/** Anybody may ask for the report, and what it asks costs money: a finished one is good for this long. */
const REPORT_KEPT_MS = 5000;

interface Dependency {
  status: 'up' | 'down';
  latencyMs: number;
}

export interface Readiness {
  status: 'ready' | 'notReady';
  dependencies: Record<string, Dependency>;
  /** Whether the queue knows the schedules; null while the database cannot be asked. It does not decide: what it lags behind, the sweeper makes up for. */
  scheduler: SchedulerLag | null;
}

type Asked = Pick<Context, 'pings' | 'log' | 'now' | 'db'>;

/**
 * The report of an isolate, at most five seconds old. Only a finished one is remembered: a promise would belong to the
 * request that made it, so requests that come while nobody has an answer yet each ask for themselves.
 */
export function createReadiness(context: Asked, timeoutMs = PING_TIMEOUT_MS): () => Promise<Readiness> {
  let kept: { report: Readiness; untilMs: number } | undefined;
  return async () => {
    if (kept && context.now().getTime() < kept.untilMs) return kept.report;
    const report = await askAll(context, timeoutMs);
    kept = { report, untilMs: context.now().getTime() + REPORT_KEPT_MS };
    return report;
  };
}

/** Asks every dependency at once. Why one is down goes to the log only. */
async function askAll({ pings, log, now, db }: Asked, timeoutMs: number): Promise<Readiness> {
  const checks = Object.entries(pings).map(async ([name, ping]): Promise<[string, Dependency]> => {
    const startedAt = now().getTime();
    const latencyMs = () => now().getTime() - startedAt;
    try {
      await within(timeoutMs, ping());
      return [name, { status: 'up', latencyMs: latencyMs() }];
    } catch (error) {
      log.warn('dependencyDown', { dependency: name, error: describeError(error) });
      return [name, { status: 'down', latencyMs: latencyMs() }];
    }
  });
  const asking = (async () => within(timeoutMs, schedulerLag(db)))().catch(() => null);
  const dependencies = Object.fromEntries(await Promise.all(checks));
  const ready = Object.values(dependencies).every(({ status }) => status === 'up');
  return { status: ready ? 'ready' : 'notReady', dependencies, scheduler: await asking };
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
