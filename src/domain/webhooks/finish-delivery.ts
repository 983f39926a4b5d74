import { findAgent } from '../../store/agents.ts';
import { appendAudit } from '../../store/audit.ts';
import {
  type ActedDelivery,
  findThreadOfAgent,
  finishActed,
  listUnfinished,
} from '../../store/github-threads.ts';
import { LOOKS } from '../agents/looks.ts';
import type { Context } from '../context.ts';
import { controlRun } from '../runs/control-run.ts';

/** Does what is left to do after a delivery's act, the entry in the audit log last. Doing it again does no harm. */
export async function finishDelivery(context: Context, acted: ActedDelivery): Promise<void> {
  if (acted.finished) return;
  const { db } = context;
  if (acted.act === 'closed') await cancelWork(context, acted);
  const act = {
    organisationId: acted.organisationId,
    userId: acted.userId,
    credential: `webhook ${acted.deliveryId}`,
    action: `GitHub ${acted.event}`,
    object: {
      triggerId: acted.triggerId,
      repository: acted.repository,
      number: String(acted.number),
      agentId: acted.agentId,
      act: acted.act,
    },
    status: 202,
    requestId: acted.requestId,
    address: null,
    userAgent: null,
  };
  await appendAudit(db, act, finishActed(acted));
}

/** Cancels what the agent was at when its thread was closed. What somebody had it begin since goes on. */
async function cancelWork(
  context: Context,
  { triggerId, organisationId, agentId, createdAtMs }: ActedDelivery,
) {
  for (let look = 0; look < LOOKS; look++) {
    const agent = await findAgent(context.db, organisationId, agentId);
    const run = agent?.activeRun;
    if (!run || Date.parse(run.createdAt) > createdAtMs) return;
    const thread = await findThreadOfAgent(context.db, triggerId, agentId);
    if (thread?.state === 'open') return;
    const { status } = await controlRun(context, { organisationId, runId: run.id, action: 'cancel' });
    if (status === 'running' || status === 'cancelled') return;
  }
}

/** Takes up deliveries whose worker died after the act. */
export async function finishDeliveries(context: Context): Promise<void> {
  for (const acted of await listUnfinished(context.db)) await finishDelivery(context, acted);
}
