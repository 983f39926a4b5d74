import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { createReadiness } from '../../domain/readiness.ts';
import { createRoute, json, openToAll, problems, router } from '../contract.ts';

const tags: ['health'] = ['health'];

const report = z
  .object({
    status: z.enum(['ready', 'notReady']),
    dependencies: z.record(
      z.string(),
      z.object({ status: z.enum(['up', 'down']), latencyMs: z.number().openapi({ example: 12 }) }),
    ),
    scheduler: z
      .object({
        unsynced: z.int().openapi({ description: 'Schedules that the queue does not know as they are now' }),
        oldestSeconds: z
          .number()
          .nullable()
          .openapi({ description: 'For how long the first of them has been so' }),
      })
      .nullable()
      .openapi({ description: 'Null while the database cannot be asked' }),
  })
  .openapi('Readiness');

const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'getHealth',
  tags,
  summary: 'Whether the API is running',
  security: openToAll,
  responses: { 200: json(z.object({ status: z.literal('ok') }), 'It is'), ...problems() },
});

const readyRoute = <Path extends string>(path: Path, operationId: string) =>
  createRoute({
    method: 'get',
    path,
    operationId,
    tags,
    summary: 'Whether everything the API needs answers',
    security: openToAll,
    responses: {
      ...problems(),
      200: json(report, 'All of it answers'),
      503: json(report, 'Something does not'),
    },
  });

/** For load balancers and people on call; open to all and says nothing but names. */
export function health(context: Context) {
  const readiness = createReadiness(context);
  return router()
    .openapi(healthRoute, (c) => c.json({ status: 'ok' as const }, 200))
    .openapi(readyRoute('/ready', 'getReadiness'), async (c) => {
      const found = await readiness();
      return found.status === 'ready' ? c.json(found, 200) : c.json(found, 503);
    })
    .openapi(readyRoute('/health/ready', 'getHealthReadiness'), async (c) => {
      const found = await readiness();
      return found.status === 'ready' ? c.json(found, 200) : c.json(found, 503);
    });
}
