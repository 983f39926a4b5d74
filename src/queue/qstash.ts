import { Client, QstashError, Receiver } from '@upstash/qstash';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describeError, type Log } from '../log.ts';
import { traceparentOf } from '../trace.ts';
import type { Queue } from './port.ts';

const CALL_TIMEOUT_MS = 10_000;
const RETRIES = 5;
/** QStash's own delays (12 s, 2.5 min, 30 min) are too slow for an agent. In milliseconds; `retried` starts at 0. */
const RETRY_DELAY = 'pow(2, retried) * 1000';
/** Longer than a delivery can take (a burst, then one model call), shorter than what the cheapest plan allows. */
const DELIVERY_TIMEOUT_SECONDS = 840;

export const RUN_CALLBACK = '/api/v1/callbacks/run';
export const RUN_FAILED_CALLBACK = '/api/v1/callbacks/run-failed';
export const WEBHOOK_CALLBACK = '/api/v1/callbacks/webhook';
export const SCHEDULE_CALLBACK = '/api/v1/callbacks/schedule';
export const SWEEP_CALLBACK = '/api/v1/callbacks/sweep';
/** A try of a webhook is over long before. */
const WEBHOOK_TIMEOUT_SECONDS = 60;
/** So that a slow receiver takes no more than its share of the deliveries under way. */
const WEBHOOKS_AT_ONCE = 5;
const BATCH = 100;
/** Starting a run takes a few statements. */
const SCHEDULE_TIMEOUT_SECONDS = 60;

const SWEEP_SCHEDULE_ID = 'cadence-sweep';

export interface QStashOptions {
  url: string;
  token: string;
  currentSigningKey: string;
  nextSigningKey: string;
  /** Where QStash reaches this API, without a trailing slash. */
  publicUrl: string;
  log: Log;
}

/** The queue over QStash. The client's own retries are off (E10): what is lost, the sweeper finds. */
export function createQueue({ url, token, publicUrl, log, ...keys }: QStashOptions): Queue {
  const client = new Client({ baseUrl: url, token, retry: false, enableTelemetry: false, devMode: false });
  const receiver = new Receiver(keys);
  return {
    async publish({ runId, dispatchNo, sweepNo, traceId, delayMs }) {
      try {
        await bounded(
          client.publishJSON({
            url: publicUrl + RUN_CALLBACK,
            body: { runId, dispatchNo },
            // The client writes it as Upstash-Forward-Traceparent, and the delivery has it as we wrote it.
            ...(traceId === null ? {} : { headers: { traceparent: traceparentOf(traceId) } }),
            deduplicationId: `${runId}.${dispatchNo}.${sweepNo}`,
            retries: RETRIES,
            retryDelay: RETRY_DELAY,
            timeout: DELIVERY_TIMEOUT_SECONDS,
            failureCallback: publicUrl + RUN_FAILED_CALLBACK,
            ...(delayMs === undefined ? {} : { delay: Math.ceil(delayMs / 1000) }),
          }),
        );
        return true;
      } catch (error) {
        log.warn('publishFailed', { runId, dispatchNo, traceId, error: describeError(error) });
        return false;
      }
    },
    async publishWebhooks(deliveries) {
      try {
        for (let from = 0; from < deliveries.length; from += BATCH) {
          const batch = deliveries.slice(from, from + BATCH);
          await bounded(
            client.batchJSON(
              batch.map(({ deliveryId, tryNo, endpointId, sweepNo, delayMs }) => ({
                url: publicUrl + WEBHOOK_CALLBACK,
                body: { deliveryId, tryNo },
                deduplicationId: `${deliveryId}.${tryNo}.${sweepNo}`,
                retries: RETRIES,
                retryDelay: RETRY_DELAY,
                timeout: WEBHOOK_TIMEOUT_SECONDS,
                flowControl: { key: endpointId, parallelism: WEBHOOKS_AT_ONCE },
                ...(delayMs > 0 ? { delay: Math.ceil(delayMs / 1000) } : {}),
              })),
            ),
          );
        }
        return true;
      } catch (error) {
        log.warn('publishWebhooksFailed', { deliveries: deliveries.length, error: describeError(error) });
        return false;
      }
    },
    async verify({ signature, body, path }) {
      if (!signature || !isShapedLikeTheirs(signature)) return false;
      // The address is the configured one: behind a proxy the request's own differs from what QStash signed.
      return receiver.verify({ signature, body, url: publicUrl + path }).catch(() => false);
    },
    async putSchedule({ scheduleId, cron, timeZone }) {
      try {
        await bounded(
          client.schedules.create({
            scheduleId,
            destination: publicUrl + SCHEDULE_CALLBACK,
            cron: `CRON_TZ=${timeZone} ${cron}`,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ scheduleId }),
            retries: RETRIES,
            retryDelay: RETRY_DELAY,
            timeout: SCHEDULE_TIMEOUT_SECONDS,
          }),
        );
        return true;
      } catch (error) {
        log.warn('putScheduleFailed', { scheduleId, error: describeError(error) });
        return false;
      }
    },
    async removeSchedule(scheduleId) {
      try {
        await bounded(client.schedules.delete(scheduleId));
        return true;
      } catch (error) {
        // What is not there is forgotten already.
        if (error instanceof QstashError && error.status === 404) return true;
        log.warn('removeScheduleFailed', { scheduleId, error: describeError(error) });
        return false;
      }
    },
    async publishSchedule({ scheduleId, slotAt, delayMs }) {
      try {
        await bounded(
          client.publishJSON({
            url: publicUrl + SCHEDULE_CALLBACK,
            body: { scheduleId },
            deduplicationId: `${scheduleId}.${slotAt}`,
            retries: RETRIES,
            retryDelay: RETRY_DELAY,
            timeout: SCHEDULE_TIMEOUT_SECONDS,
            delay: Math.ceil(delayMs / 1000),
          }),
        );
        return true;
      } catch (error) {
        log.warn('publishScheduleFailed', { scheduleId, error: describeError(error) });
        return false;
      }
    },
    async scheduleSweep() {
      await bounded(
        client.schedules.create({
          scheduleId: SWEEP_SCHEDULE_ID,
          destination: publicUrl + SWEEP_CALLBACK,
          cron: '0 * * * *',
          retries: RETRIES,
        }),
      );
    },
    async ping() {
      await bounded(client.schedules.list());
    },
  };
}

/**
 * Whether it says HS256 and when it ends. With the key of the account, the client also takes other HMACs and a signature that never ends;
 * QStash makes neither.
 */
function isShapedLikeTheirs(signature: string): boolean {
  try {
    return decodeProtectedHeader(signature).alg === 'HS256' && decodeJwt(signature).exp !== undefined;
  } catch {
    return false;
  }
}

/** The client takes no signal, so a call that hangs is given up, not ended. */
async function bounded<T>(call: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`QStash gave no answer in ${CALL_TIMEOUT_MS} ms.`)),
      CALL_TIMEOUT_MS,
    );
  });
  return Promise.race([call, timeout]).finally(() => clearTimeout(timer));
}
