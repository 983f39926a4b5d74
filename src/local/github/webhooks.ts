import { createHmac, randomUUID } from 'node:crypto';
import type { Core } from './core.ts';
import { takeId, toTimestamp, userOf } from './core.ts';
import type { DeliveryRecord, HookRecord, RepositoryRecord } from './types.ts';
import { renderRepository, renderUser } from './views/accounts.ts';

/** The events the stand-in sends, beside `ping`. */
export const webhookEvents = [
  'push',
  'pull_request',
  'pull_request_review',
  'check_run',
  'check_suite',
  'issues',
  'issue_comment',
  'create',
  'delete',
] as const;
type WebhookEvent = (typeof webhookEvents)[number];

export interface WebhookSender {
  /** Sends the event to every active hook that wants it, without waiting. Lost deliveries stay lost, as on GitHub. */
  emit(repository: RepositoryRecord, event: WebhookEvent, sender: string, payload: WebhookPayload): void;
  ping(repository: RepositoryRecord, hook: HookRecord, sender: string, view: object): void;
  /** Sends a recorded delivery once more, on request of its owner. */
  redeliver(repository: RepositoryRecord, hook: HookRecord, delivery: DeliveryRecord): void;
  /** Resolves when no delivery is under way. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

type WebhookPayload = { action?: string } & Record<string, unknown>;

/** GitHub gives a receiver ten seconds. */
const timeoutMs = 10_000;
const deliveriesKept = 100;

export function createWebhookSender(core: () => Core, fetch: typeof globalThis.fetch): WebhookSender {
  const running = new Set<Promise<void>>();
  const closing = new AbortController();

  const start = (
    repository: RepositoryRecord,
    hook: HookRecord,
    event: string,
    payload: WebhookPayload,
    again?: DeliveryRecord,
  ) => {
    const delivery = deliver(core(), repository, hook, event, payload, again).finally(() =>
      running.delete(delivery),
    );
    running.add(delivery);
  };

  const deliver = async (
    core: Core,
    repository: RepositoryRecord,
    hook: HookRecord,
    event: string,
    payload: WebhookPayload,
    again: DeliveryRecord | undefined,
  ): Promise<void> => {
    const guid = again?.guid ?? randomUUID();
    const body = encode(hook, payload);
    const headers = headersOf(repository, hook, event, guid, body);
    const startedMs = core.nowMs();
    const outcome = await send(fetch, hook.url, headers, body, closing.signal);
    hook.deliveries.unshift({
      id: takeId(core),
      guid,
      deliveredAt: toTimestamp(startedMs),
      redelivery: again !== undefined,
      durationSeconds: (core.nowMs() - startedMs) / 1000,
      event,
      action: payload.action ?? null,
      requestHeaders: headers,
      payload,
      ...outcome,
    });
    hook.deliveries.length = Math.min(hook.deliveries.length, deliveriesKept);
    await core.state.save();
  };

  const settled = async () => {
    while (running.size > 0) await Promise.all(running);
  };

  return {
    settled,
    emit(repository, event, sender, payload) {
      const wanting = repository.hooks.filter(
        (hook) => hook.active && (hook.events.includes(event) || hook.events.includes('*')),
      );
      for (const hook of wanting) {
        start(repository, hook, event, {
          ...payload,
          repository: renderRepository(core(), repository),
          sender: renderUser(core(), userOf(core(), sender)),
        });
      }
    },
    ping(repository, hook, sender, view) {
      start(repository, hook, 'ping', {
        zen: 'Keep it logically awesome.',
        hook_id: hook.id,
        hook: view,
        repository: renderRepository(core(), repository),
        sender: renderUser(core(), userOf(core(), sender)),
      });
    },
    redeliver(repository, hook, delivery) {
      if (isPayload(delivery.payload)) start(repository, hook, delivery.event, delivery.payload, delivery);
    },
    async close() {
      closing.abort();
      await settled();
    },
  };
}

function isPayload(value: unknown): value is WebhookPayload {
  return typeof value === 'object' && value !== null;
}

function encode(hook: HookRecord, payload: WebhookPayload): string {
  const json = JSON.stringify(payload);
  return hook.contentType === 'json' ? json : new URLSearchParams({ payload: json }).toString();
}

function headersOf(
  repository: RepositoryRecord,
  hook: HookRecord,
  event: string,
  guid: string,
  body: string,
): Record<string, string> {
  const sign = (algorithm: string) =>
    `${algorithm}=${createHmac(algorithm, hook.secret ?? '')
      .update(body)
      .digest('hex')}`;
  const signatures: Record<string, string> =
    hook.secret === null ? {} : { 'X-Hub-Signature': sign('sha1'), 'X-Hub-Signature-256': sign('sha256') };
  return {
    Accept: '*/*',
    'Content-Type': hook.contentType === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
    'User-Agent': 'GitHub-Hookshot/0000000',
    'X-GitHub-Delivery': guid,
    'X-GitHub-Event': event,
    'X-GitHub-Hook-ID': String(hook.id),
    'X-GitHub-Hook-Installation-Target-ID': String(repository.id),
    'X-GitHub-Hook-Installation-Target-Type': 'repository',
    ...signatures,
  };
}

async function send(
  fetch: typeof globalThis.fetch,
  url: string,
  headers: Record<string, string>,
  body: string,
  closed: AbortSignal,
): Promise<Pick<DeliveryRecord, 'status' | 'statusCode' | 'responseHeaders' | 'responseBody'>> {
  const signal = AbortSignal.any([closed, AbortSignal.timeout(timeoutMs)]);
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    return {
      status: response.ok ? 'OK' : response.statusText || `Invalid HTTP Response: ${response.status}`,
      statusCode: response.status,
      responseHeaders: Object.fromEntries(response.headers),
      responseBody: (await response.text()).slice(0, 10_000),
    };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    const status = timedOut ? 'timed out' : 'failed to connect to host';
    return { status, statusCode: 0, responseHeaders: {}, responseBody: '' };
  }
}
