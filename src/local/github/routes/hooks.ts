import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, type ApiContext, requirePush } from '../api/context.ts';
import { notFound, unprocessable, validationFailed } from '../api/errors.ts';
import { pageOf, paginate } from '../api/pagination.ts';
import { type Core, fullName, takeId, timestamp } from '../core.ts';
import type { DeliveryRecord, HookRecord, RepositoryRecord } from '../types.ts';
import { webhookEvents } from '../webhooks.ts';

const hookConfig = z.object({
  url: z.string(),
  content_type: z.enum(['json', 'form']).default('form'),
  secret: z.string().optional(),
  insecure_ssl: z.union([z.string(), z.number()]).transform(String).default('0'),
});

const hookBody = z.object({
  name: z.literal('web').default('web'),
  config: hookConfig,
  events: z.array(z.string()).default(['push']),
  active: z.boolean().default(true),
});

const hookChanges = z.object({
  config: hookConfig.optional(),
  events: z.array(z.string()).optional(),
  active: z.boolean().optional(),
});

/** GitHub has more events than the stand-in sends; a hook may name the ones that exist. */
const knownEvents: readonly string[] = [
  ...webhookEvents,
  '*',
  'ping',
  'commit_comment',
  'deployment',
  'deployment_status',
  'fork',
  'label',
  'pull_request_review_comment',
  'release',
  'repository',
  'status',
  'workflow_run',
];

/** Webhooks of a repository and the record of what was sent. */
export function registerHooks(api: Api, core: Core): void {
  const hooks = '/repos/:owner/:repo/hooks';

  api.get(hooks, (c) => {
    requirePush(core, c);
    const { repository } = c.var;
    return c.json(paginate(core, c, repository.hooks).map((hook) => renderHook(core, repository, hook)));
  });

  api.post(hooks, async (c) => {
    const { user } = requirePush(core, c);
    const { repository } = c.var;
    const { config, events, active } = await readBody(c, hookBody);
    refuseAddress(config.url);
    refuseUnknown(events);
    const twin = repository.hooks.some(
      (hook) => hook.url === config.url && hook.contentType === config.content_type,
    );
    if (twin) {
      const message = 'Hook already exists on this repository';
      throw validationFailed({ resource: 'Hook', code: 'custom', message });
    }
    const now = timestamp(core);
    const hook: HookRecord = {
      id: takeId(core),
      url: config.url,
      contentType: config.content_type,
      secret: config.secret ?? null,
      insecureSsl: config.insecure_ssl,
      events,
      active,
      createdAt: now,
      updatedAt: now,
      deliveries: [],
    };
    repository.hooks.push(hook);
    const view = renderHook(core, repository, hook);
    core.webhooks.ping(repository, hook, user.login, view);
    return c.json(view, 201, { Location: view.url });
  });

  api.get(`${hooks}/:id`, (c) => {
    requirePush(core, c);
    return c.json(renderHook(core, c.var.repository, hookOf(c)));
  });

  api.patch(`${hooks}/:id`, async (c) => {
    requirePush(core, c);
    const hook = hookOf(c);
    const { config, events, active } = await readBody(c, hookChanges);
    if (events) refuseUnknown(events);
    // A given config takes the place of the whole one: a secret that it does not name is gone.
    if (config) {
      refuseAddress(config.url);
      hook.url = config.url;
      hook.contentType = config.content_type;
      hook.secret = config.secret ?? null;
      hook.insecureSsl = config.insecure_ssl;
    }
    hook.events = events ?? hook.events;
    hook.active = active ?? hook.active;
    hook.updatedAt = timestamp(core);
    return c.json(renderHook(core, c.var.repository, hook));
  });

  api.delete(`${hooks}/:id`, (c) => {
    requirePush(core, c);
    const hook = hookOf(c);
    c.var.repository.hooks = c.var.repository.hooks.filter((candidate) => candidate !== hook);
    return c.body(null, 204);
  });

  api.post(`${hooks}/:id/pings`, (c) => {
    const { user } = requirePush(core, c);
    const hook = hookOf(c);
    core.webhooks.ping(c.var.repository, hook, user.login, renderHook(core, c.var.repository, hook));
    return c.body(null, 204);
  });

  api.get(`${hooks}/:id/deliveries`, (c) => {
    requirePush(core, c);
    const { deliveries } = hookOf(c);
    // This list is paged by a cursor, and `page` means nothing.
    const cursor = c.req.query('cursor');
    const from = cursor === undefined ? 0 : deliveries.findIndex(({ id }) => String(id) === cursor);
    if (from < 0) throw unprocessable('The cursor is not valid.');
    const { perPage } = pageOf(c);
    const next = deliveries[from + perPage];
    if (next) {
      const url = new URL(c.req.url);
      url.searchParams.set('cursor', String(next.id));
      c.header('Link', `<${core.url}${url.pathname}${url.search}>; rel="next"`);
    }
    const page = deliveries.slice(from, from + perPage);
    return c.json(page.map((delivery) => renderDelivery(c.var.repository, delivery)));
  });

  api.get(`${hooks}/:id/deliveries/:delivery`, (c) => {
    requirePush(core, c);
    const hook = hookOf(c);
    const delivery = deliveryOf(c, hook);
    return c.json({
      ...renderDelivery(c.var.repository, delivery),
      url: hook.url,
      request: { headers: delivery.requestHeaders, payload: delivery.payload },
      response: { headers: delivery.responseHeaders, payload: delivery.responseBody },
    });
  });

  api.post(`${hooks}/:id/deliveries/:delivery/attempts`, (c) => {
    requirePush(core, c);
    const hook = hookOf(c);
    core.webhooks.redeliver(c.var.repository, hook, deliveryOf(c, hook));
    return c.json({}, 202);
  });
}

function refuseAddress(url: string): void {
  if (URL.canParse(url) && /^https?:/.test(url)) return;
  const message = 'url must be a valid URL';
  throw validationFailed({ resource: 'Hook', field: 'url', code: 'custom', message });
}

function refuseUnknown(events: string[]): void {
  const unknown = events.find((event) => !knownEvents.includes(event));
  if (unknown === undefined) return;
  const message = `Invalid event: ${unknown}`;
  throw validationFailed({ resource: 'Hook', field: 'events', code: 'custom', message });
}

function hookOf(c: ApiContext): HookRecord {
  const hook = c.var.repository.hooks.find(({ id }) => id === Number(c.req.param('id')));
  if (!hook) throw notFound();
  return hook;
}

function deliveryOf(c: ApiContext, hook: HookRecord): DeliveryRecord {
  const delivery = hook.deliveries.find(({ id }) => id === Number(c.req.param('delivery')));
  if (!delivery) throw notFound();
  return delivery;
}

function renderHook(core: Core, repository: RepositoryRecord, hook: HookRecord) {
  const url = `${core.apiUrl}/repos/${fullName(repository)}/hooks/${hook.id}`;
  const [last] = hook.deliveries;
  return {
    type: 'Repository',
    id: hook.id,
    name: 'web',
    active: hook.active,
    events: hook.events,
    config: {
      url: hook.url,
      content_type: hook.contentType,
      insecure_ssl: hook.insecureSsl,
      ...(hook.secret === null ? {} : { secret: '********' }),
    },
    created_at: hook.createdAt,
    updated_at: hook.updatedAt,
    url,
    test_url: `${url}/test`,
    ping_url: `${url}/pings`,
    deliveries_url: `${url}/deliveries`,
    last_response: last
      ? { code: last.statusCode, status: last.statusCode === 0 ? 'error' : 'active', message: last.status }
      : { code: null, status: 'unused', message: null },
  };
}

function renderDelivery(repository: RepositoryRecord, delivery: DeliveryRecord) {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.durationSeconds,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: null,
    repository_id: repository.id,
    throttled_at: null,
  };
}
