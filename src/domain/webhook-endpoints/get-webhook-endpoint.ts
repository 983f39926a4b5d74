import { findEndpoint, type WebhookEndpoint, type WhichEndpoint } from '../../store/webhook-endpoints.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

export type { WhichEndpoint };

/** @throws {AppError} notFound for null */
export function found<Found>(endpoint: Found | null): Found {
  if (endpoint === null) throw new AppError('notFound', 'There is no such webhook endpoint.');
  return endpoint;
}

/** @throws {AppError} notFound */
export async function getWebhookEndpoint({ db }: Context, which: WhichEndpoint): Promise<WebhookEndpoint> {
  return found(await findEndpoint(db, which));
}

/** @throws {AppError} notFound; webhookDisabled when nothing would be sent to it */
export async function getEnabledEndpoint(context: Context, which: WhichEndpoint): Promise<WebhookEndpoint> {
  const endpoint = await getWebhookEndpoint(context, which);
  if (endpoint.disabled) throw new AppError('webhookDisabled', 'Nothing is sent to it while it is disabled.');
  return endpoint;
}
