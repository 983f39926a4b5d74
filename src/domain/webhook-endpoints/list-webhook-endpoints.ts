import type { Listed, RowPosition } from '../../store/bounded-page.ts';
import { listEndpoints, type WebhookEndpoint } from '../../store/webhook-endpoints.ts';
import type { Context } from '../context.ts';

/** A page of the organisation's endpoints, newest first. */
export function listWebhookEndpoints(
  { db }: Context,
  page: { organisationId: string; limit: number; after: RowPosition | undefined },
): Promise<Listed<WebhookEndpoint>> {
  return listEndpoints(db, page);
}
