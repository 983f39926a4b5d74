import { Redis } from '@upstash/redis/cloudflare';
import { describeError, type Log } from '../log.ts';
import type { LiveFeed, LiveMessage } from './live.ts';
import { assembleText } from './live-message.ts';
import { openSubscription } from './subscription.ts';

const TIMEOUT_MS = 2_000;
/** A record and a request of Upstash may be larger; a follower's memory is the limit here. */
const MAX_MESSAGE_BYTES = 900_000;
const TEXT_TTL_MS = 10 * 60_000;
const CANCEL_TTL_MS = 60 * 60_000;
const SWEEP_TTL_MS = 60 * 60_000;

/**
 * One command for the whole flush. EVAL and not EVALSHA: it is billed as one command either way, and the few hundred
 * bytes saved would be paid for with a second round trip after every eviction of the script.
 */
const FLUSH = `
if ARGV[3] ~= '' then
  redis.call('APPEND', KEYS[1], ARGV[3] .. '\\n')
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('PUBLISH', ARGV[1], ARGV[2] .. ARGV[3] .. '}')
end
return redis.call('GET', KEYS[2])
`.trim();

/** Work created since the sweep began has deleted the note, and then the next tick must look again. */
const END_SWEEP = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
`.trim();

const channelOf = (agentId: string) => `agent:${agentId}`;
const textKey = (runId: string, stepNo: number, attempt: number) => `run:${runId}:text:${stepNo}.${attempt}`;
const cancelKey = (runId: string) => `run:${runId}:cancel`;
const SWEEP_KEY = 'sweep:nextAt';
const RECHECK = JSON.stringify({ kind: 'recheck' } satisfies LiveMessage);

/**
 * The live feed over Upstash Redis. Every command is one request, tried once (E10) and bounded in time.
 *
 * @param options.timeoutMs bound of a command and of a subscription's confirmation; 2 s when missing
 */
export function createLiveFeed(options: {
  url: string;
  token: string;
  log?: Log;
  timeoutMs?: number;
}): LiveFeed {
  const { url, token, log, timeoutMs = TIMEOUT_MS } = options;
  const redis = new Redis({
    url,
    token,
    // `retry: false` means one retry in version 1.39: its loop runs from 0 to `attempts`, which false sets to 1.
    retry: { retries: 0 },
    signal: () => AbortSignal.timeout(timeoutMs),
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    // Nothing here reads its own writes, and the sync token would be shared by all requests of an isolate.
    readYourWrites: false,
    responseEncoding: false,
  });

  async function attempt<T>(operation: string, fallback: T, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      log?.warn('redisFailed', { operation, ...reasonOf(error) });
      return fallback;
    }
  }

  return {
    publish: (agentId, runId, events, finishedText) =>
      attempt('publish', undefined, async () => {
        const lastSeq = events.at(-1)?.seq;
        if (lastSeq === undefined && !finishedText) return;
        const pipeline = redis.pipeline();
        if (lastSeq !== undefined) {
          pipeline.publish(channelOf(agentId), encode({ kind: 'events', runId, events, lastSeq }));
        }
        if (finishedText) pipeline.del(textKey(runId, finishedText.stepNo, finishedText.attempt));
        await pipeline.exec();
      }),
    flush: (agentId, runId, delta) =>
      attempt<boolean | null>('flush', null, async () => {
        const answer = await redis.eval<string[], string | null>(
          FLUSH,
          [textKey(runId, delta.stepNo, delta.attempt), cancelKey(runId)],
          [
            channelOf(agentId),
            `{"kind":"delta","runId":${JSON.stringify(runId)},"delta":`,
            delta.text === '' ? '' : JSON.stringify(delta),
            String(TEXT_TTL_MS),
          ],
        );
        return answer !== null;
      }),
    nudge: (agentId, runId, lastSeq) =>
      attempt('nudge', undefined, async () => {
        await redis.publish(channelOf(agentId), encode({ kind: 'events', runId, events: [], lastSeq }));
      }),
    recheck: (agentIds) =>
      attempt('recheck', undefined, async () => {
        const pipeline = redis.pipeline();
        for (const agentId of agentIds) pipeline.publish(channelOf(agentId), RECHECK);
        await pipeline.exec();
      }),
    requestCancel: (runId) =>
      attempt('requestCancel', undefined, async () => {
        await redis.set(cancelKey(runId), '1', { px: CANCEL_TTL_MS });
      }),
    textSoFar: (runId, stepNo, attemptNo) =>
      attempt('textSoFar', '', async () =>
        assembleText((await redis.get<string>(textKey(runId, stepNo, attemptNo))) ?? ''),
      ),
    subscribe: (agentId, signal) =>
      openSubscription({
        url,
        token,
        channel: channelOf(agentId),
        signal,
        confirmWithinMs: timeoutMs,
        onFailure: (error) => log?.warn('redisFailed', { operation: 'subscribe', ...reasonOf(error) }),
      }),
    sweepNextAt: () =>
      attempt<number | null>('sweepNextAt', null, async () => {
        const atMs = Number.parseInt((await redis.get<string>(SWEEP_KEY)) ?? '', 10);
        return Number.isNaN(atMs) ? null : atMs;
      }),
    async beginSweep() {
      const note = `sweeping ${crypto.randomUUID()}`;
      await attempt('beginSweep', undefined, async () => {
        await redis.set(SWEEP_KEY, note, { px: SWEEP_TTL_MS });
      });
      return note;
    },
    endSweep: (note, nextAtMs) =>
      attempt('endSweep', undefined, async () => {
        await redis.eval(END_SWEEP, [SWEEP_KEY], [note, String(nextAtMs), String(SWEEP_TTL_MS)]);
      }),
    wakeSweeper: () =>
      attempt('wakeSweeper', undefined, async () => {
        await redis.del(SWEEP_KEY);
      }),
    async ping() {
      await redis.ping();
    },
  };
}

/** A message as it is published; one too large becomes a hint, and followers read Postgres. */
function encode(message: Extract<LiveMessage, { kind: 'events' }>): string {
  const json = JSON.stringify(message);
  if (json.length * 3 <= MAX_MESSAGE_BYTES) return json;
  if (new TextEncoder().encode(json).length <= MAX_MESSAGE_BYTES) return json;
  return JSON.stringify({ ...message, events: [] });
}

/** The SDK puts the whole command into its messages, and the command has the user's text in it. */
function reasonOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return describeError(error);
  return { name: error.name, message: error.message.replace(/, command was: [\s\S]*$/, '').slice(0, 200) };
}
