import { forgetSlots } from '../../store/firing.ts';
import { forgetDeliveries } from '../../store/github-threads.ts';
import { forgetExpiredKeys } from '../../store/idempotency.ts';
import { forgetInvitations } from '../../store/invitations.ts';
import { forgetRateLimits } from '../../store/rate-limits.ts';
import { forgetSignIns } from '../../store/sign-ins.ts';
import { forgetWebhookDeliveries } from '../../store/webhook-deliveries.ts';
import type { Context } from '../context.ts';
import { finishDeliveries } from '../webhooks/finish-delivery.ts';
import { reconcileDeliveries } from '../webhooks/reconcile-deliveries.ts';

/** Throws away what has served its time. The hourly sweep calls it; missing it once or doing it twice does no harm. */
export async function tidy(context: Context): Promise<void> {
  const { db } = context;
  await forgetRateLimits(db);
  await forgetExpiredKeys(db);
  await forgetDeliveries(db);
  await forgetWebhookDeliveries(db);
  await finishDeliveries(context);
  await reconcileDeliveries(context);
  await forgetSignIns(db);
  await forgetSlots(db);
  await forgetInvitations(db);
}
