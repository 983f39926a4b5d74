import { z } from 'zod';
import { type AnswerHeaders, GitHubError } from './errors.ts';
import type { Page } from './repositories.ts';
import { partsOf, type Send } from './send.ts';

/** What a webhook of ours is to be like. */
interface HookWish {
  url: string;
  secret: string;
  events: readonly string[];
}

/** One try to hand over an event. Tries of the same event share their `guid`. */
export interface HookDelivery {
  id: number;
  guid: string;
  /** RFC 3339. */
  deliveredAt: string;
  event: string;
  /** What the receiver answered; 0 when no answer came. */
  statusCode: number;
}

/** Webhooks of a repository, for those who administer it. */
export interface Hooks {
  /** The hook that calls an address with JSON; null when there is none on the first page of a hundred. */
  findHook(repository: string, url: string): Promise<{ id: number } | null>;
  /** @throws {GitHubError} `invalid` when there is one with this address already */
  createHook(repository: string, wish: HookWish): Promise<{ id: number }>;
  /** Gives a hook the secret and the events that it is to have, and switches it on. */
  updateHook(repository: string, hookId: number, wish: HookWish): Promise<void>;
  deleteHook(repository: string, hookId: number): Promise<void>;
  /** A page of what was handed over, newest first. GitHub keeps three days. */
  listDeliveries(
    repository: string,
    hookId: number,
    cursor: string | null,
  ): Promise<Omit<Page<HookDelivery>, 'nextPage'> & { nextCursor: string | null }>;
  /** Asks GitHub to hand an event over once more. */
  redeliver(repository: string, hookId: number, deliveryId: number): Promise<void>;
}

const hookSchema = z.object({
  id: z.number(),
  config: z.object({ url: z.string().optional(), content_type: z.string().optional() }),
});

const deliverySchema = z
  .object({
    id: z.number(),
    guid: z.string(),
    delivered_at: z.string(),
    event: z.string(),
    status_code: z.number(),
  })
  .transform(
    (delivery): HookDelivery => ({
      id: delivery.id,
      guid: delivery.guid,
      deliveredAt: delivery.delivered_at,
      event: delivery.event,
      statusCode: delivery.status_code,
    }),
  );

export function createHooks(send: Send): Hooks {
  const path = '/repos/{owner}/{repo}/hooks';
  const one = `${path}/{hook_id}`;
  const wanted = ({ url, secret, events }: HookWish) => ({
    config: { url, secret, content_type: 'json', insecure_ssl: '0' },
    events,
    active: true,
  });
  return {
    async findHook(repository, url) {
      const parameters = { ...partsOf(repository), per_page: 100 };
      const { data } = await send.json(`GET ${path}`, z.array(hookSchema), parameters);
      return data.find(({ config }) => config.url === url && config.content_type === 'json') ?? null;
    },

    async createHook(repository, wish) {
      const parameters = { ...partsOf(repository), name: 'web', ...wanted(wish) };
      return (await send.json(`POST ${path}`, hookSchema, parameters)).data;
    },

    async updateHook(repository, hookId, wish) {
      const parameters = { ...partsOf(repository), hook_id: hookId, ...wanted(wish) };
      await send.json(`PATCH ${one}`, hookSchema, parameters);
    },

    async deleteHook(repository, hookId) {
      await send.json(`DELETE ${one}`, z.unknown(), { ...partsOf(repository), hook_id: hookId });
    },

    async listDeliveries(repository, hookId, cursor) {
      const answer = await send.json(`GET ${one}/deliveries`, z.array(deliverySchema), {
        ...partsOf(repository),
        hook_id: hookId,
        per_page: 100,
        ...(cursor === null ? {} : { cursor }),
      });
      return { items: answer.data, nextCursor: nextCursorOf(answer.headers) };
    },

    async redeliver(repository, hookId, deliveryId) {
      const parameters = { ...partsOf(repository), hook_id: hookId, delivery_id: deliveryId };
      await send.json(`POST ${one}/deliveries/{delivery_id}/attempts`, z.unknown(), parameters);
    },
  };
}

/** This list is paged by a cursor that stands in the `Link` header. */
function nextCursorOf({ link }: AnswerHeaders): string | null {
  const next = /<([^<>]+)>;\s*rel="next"/.exec(String(link ?? ''))?.[1];
  return next && URL.canParse(next) ? new URL(next).searchParams.get('cursor') : null;
}

/** Whether GitHub said that a thing is not there, or not for us. */
export const isGone = (error: unknown): boolean =>
  error instanceof GitHubError && (error.code === 'notFound' || error.code === 'forbidden');
