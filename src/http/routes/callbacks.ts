import { Hono } from 'hono';
import { z } from 'zod';
import type { Context } from '../../domain/context.ts';
import { AppError } from '../../domain/errors.ts';
import { takeBackDispatch } from '../../domain/runs/take-back-dispatch.ts';
import { advance, type Outcome } from '../../engine/advance.ts';
import { sweep } from '../../engine/sweep.ts';
import type { Dispatch } from '../../queue/port.ts';
import { RUN_CALLBACK, RUN_FAILED_CALLBACK, SWEEP_CALLBACK } from '../../queue/qstash.ts';
import type { AppEnv, RequestContext } from '../app-env.ts';
import { outlive } from '../outlive.ts';

const dispatchSchema: z.ZodType<Dispatch> = z.object({
  runId: z.string().min(1),
  dispatchNo: z.int().min(1).max(2_147_483_647),
});

/** What QStash tells of a delivery it has given up. `sourceBody` is base64 of the body that was to be delivered. */
const failureSchema = z.object({ sourceBody: z.base64() });

/**
 * Where QStash calls back. No part of the public contract: who may call is decided by a signature over the raw body and
 * our configured address, so these bodies are read here and not by a validator.
 */
export const callbacks = (context: Context) =>
  new Hono<AppEnv>()
    .post('/callbacks/run', async (c) => {
      const dispatch = dispatchIn(await signedBody(c, context, RUN_CALLBACK));
      if (dispatch === null) return refuseForGood();
      return answer(await outlive(c, advance(context.engine, dispatch)));
    })
    .post('/callbacks/run-failed', async (c) => {
      const failure = failureSchema.safeParse(parsed(await signedBody(c, context, RUN_FAILED_CALLBACK)));
      const dispatch = failure.success ? dispatchIn(decoded(failure.data.sourceBody)) : null;
      if (dispatch === null) return refuseForGood();
      await outlive(c, takeBackDispatch(context, dispatch));
      return c.json({ outcome: 'due' });
    })
    .post('/callbacks/sweep', async (c) => {
      await signedBody(c, context, SWEEP_CALLBACK);
      return c.json({ outcome: 'swept', found: await outlive(c, sweep(context.engine)) });
    });

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

/** @throws {AppError} signatureInvalid when it is not from our queue */
async function signedBody(c: RequestContext, { queue }: Context, path: string): Promise<string> {
  const body = await c.req.text();
  if (await queue.verify({ signature: c.req.header('upstash-signature'), body, path })) return body;
  throw new AppError('signatureInvalid', 'This is not signed by our queue.');
}

/** What cannot be read will not be readable next time either. */
const refuseForGood = () =>
  Response.json(
    { outcome: 'unreadable' },
    { status: 489, headers: { 'upstash-nonretryable-error': 'true' } },
  );

function dispatchIn(body: string): Dispatch | null {
  return dispatchSchema.safeParse(parsed(body)).data ?? null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const decoded = (base64: string) =>
  new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
