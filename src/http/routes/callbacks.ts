import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import { z } from 'zod';
import type { Context } from '../../domain/context.ts';
import { AppError } from '../../domain/errors.ts';
import { lookAfter } from '../../domain/maintenance/look-after.ts';
import { tidy } from '../../domain/maintenance/tidy.ts';
import { takeBackDispatch } from '../../domain/runs/take-back-dispatch.ts';
import { type Hinted, takeHint } from '../../domain/schedules/take-hint.ts';
import { deliverWebhook } from '../../domain/webhook-endpoints/deliver-webhook.ts';
import { advance, type Outcome } from '../../engine/advance.ts';
import {
  RUN_CALLBACK,
  RUN_FAILED_CALLBACK,
  SCHEDULE_CALLBACK,
  SWEEP_CALLBACK,
  WEBHOOK_CALLBACK,
} from '../../queue/qstash.ts';
import type { AppEnv } from '../app-env.ts';
import { outlive } from '../outlive.ts';

const dispatchSchema = z.object({ runId: z.string().min(1), dispatchNo: z.int().min(1).max(2_147_483_647) });

const webhookSchema = z.object({
  deliveryId: z.string().regex(/^[a-z0-9_]{1,100}$/),
  tryNo: z.int().min(1).max(2_147_483_647),
});

const scheduleSchema = z.object({ scheduleId: z.string().regex(/^[a-z0-9_]{1,100}$/) });

/** What QStash tells of a delivery it has given up. `sourceBody` is base64 of the body that was to be delivered. */
const failureSchema = z.object({
  sourceBody: z
    .base64()
    .transform((encoded) => parsed(new TextDecoder().decode(bytesOf(encoded))))
    .pipe(dispatchSchema),
});

/**
 * Where QStash calls back. No part of the public contract: a signature over the raw body and our configured address
 * decides who may call, and what cannot be read is refused for good.
 */
export function callbacks(context: Context) {
  const signed = (path: string) =>
    createMiddleware<AppEnv>(async (c, next) => {
      const body = await c.req.text();
      const signature = c.req.header('upstash-signature');
      if (!(await context.queue.verify({ signature, body, path }))) {
        throw new AppError('signatureInvalid', 'This is not signed by our queue.');
      }
      await next();
    });

  return new Hono<AppEnv>()
    .onError((error) => {
      // The validator throws this for a body that is no JSON at all.
      if (error instanceof HTTPException) return refuseForGood();
      throw error;
    })
    .post('/callbacks/run', signed(RUN_CALLBACK), readable(dispatchSchema), async (c) =>
      answer(await outlive(c, advance(context.engine, c.req.valid('json')))),
    )
    .post('/callbacks/run-failed', signed(RUN_FAILED_CALLBACK), readable(failureSchema), async (c) => {
      await outlive(c, takeBackDispatch(context, c.req.valid('json').sourceBody));
      return c.json({ outcome: 'due' });
    })
    .post('/callbacks/webhook', signed(WEBHOOK_CALLBACK), readable(webhookSchema), async (c) =>
      c.json({ outcome: await outlive(c, deliverWebhook(context, c.req.valid('json'))) }),
    )
    .post('/callbacks/schedule', signed(SCHEDULE_CALLBACK), readable(scheduleSchema), async (c) =>
      answerHint(await outlive(c, takeHint(context, c.req.valid('json').scheduleId))),
    )
    .post('/callbacks/sweep', signed(SWEEP_CALLBACK), async (c) => {
      const found = await outlive(c, lookAfter(context));
      await outlive(c, tidy(context));
      return c.json({ outcome: 'swept', found });
    });
}

/** A JSON body in this shape. What cannot be read will not be readable next time either. */
const readable = <Schema extends z.ZodType>(schema: Schema) =>
  zValidator('json', schema, (result) => (result.success ? undefined : refuseForGood()));

/** Each outcome has one answer (E7). Only `busy` is delivered again. */
function answer(outcome: Outcome): Response {
  switch (outcome.kind) {
    case 'accepted':
    case 'stale':
      return Response.json(outcome);
    case 'busy':
      return Response.json(outcome, {
        status: 503,
        headers: { 'retry-after': String(outcome.retryAfterSeconds) },
      });
  }
}

/** The same for schedules: only what is to be said again is not acknowledged. */
function answerHint(hinted: Hinted): Response {
  if (hinted.kind !== 'later') return Response.json({ outcome: hinted.kind });
  const headers = { 'retry-after': String(hinted.retryAfterSeconds) };
  return Response.json({ outcome: 'busy' }, { status: 503, headers });
}

const refuseForGood = () =>
  Response.json(
    { outcome: 'unreadable' },
    { status: 489, headers: { 'upstash-nonretryable-error': 'true' } },
  );

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
