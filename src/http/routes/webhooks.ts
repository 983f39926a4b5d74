import { Hono } from 'hono';
import { isSignedByGithub } from '../../auth/github-signature.ts';
import type { Context } from '../../domain/context.ts';
import { AppError } from '../../domain/errors.ts';
import { receiveDelivery } from '../../domain/webhooks/receive-delivery.ts';
import type { AppEnv } from '../app-env.ts';
import { outlive } from '../outlive.ts';
import { scoped } from '../scoped.ts';

/** GitHub sends GUIDs. */
const DELIVERY_ID = /^[\w-]{1,100}$/;

/**
 * Where GitHub says what happened. No part of the public contract: a signature over the raw body decides who may call. What was done,
 * or needs nothing done, is answered 202; anything else GitHub notes as failed, and the reconciler asks for it again.
 */
export const webhooks = (context: Context) =>
  new Hono<AppEnv>().post('/webhooks/github', async (c) => {
    const body = await c.req.arrayBuffer();
    const signature = c.req.header('x-hub-signature-256');
    if (!(await isSignedByGithub(context.settings.githubWebhookSecret, body, signature))) {
      throw new AppError('signatureInvalid', 'This is not signed with the secret of our webhooks.');
    }
    const [event, deliveryId] = [c.req.header('x-github-event'), c.req.header('x-github-delivery')];
    if (event === undefined || deliveryId === undefined || !DELIVERY_ID.test(deliveryId)) {
      throw new AppError('malformedRequest', 'X-GitHub-Event and X-GitHub-Delivery are needed.');
    }
    if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
      throw new AppError('unsupportedMediaType', 'Set the content type of the webhook to application/json.');
    }
    const requestId = c.get('requestId');
    const input = { event, deliveryId, requestId, payload: parsed(body) };
    const outcomes = await outlive(c, receiveDelivery(scoped(c, context), input));
    return c.json({ outcomes }, 202);
  });

function parsed(body: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new AppError('malformedRequest', 'The body is not JSON.');
  }
}
