import { getRun } from '../../domain/runs/get-run.ts';
import { listRunEvents } from '../../domain/runs/list-run-events.ts';
import { followRun } from '../../events/follow.ts';
import type { McpCall } from './tool.ts';

/** Clients give a call up after a minute, proxies a silent request sooner. */
export const LONGEST_WAIT_SECONDS = 25;

interface Place {
  runId: string;
  /** The number of the last event that is known. */
  after: number;
  waitSeconds: number;
}

/** What happened in a run behind a place, as soon as there is anything, or nothing after a while; and the run as it is then. */
export async function awaitNews(call: McpCall, { runId, after, waitSeconds }: Place): Promise<object> {
  const { context, actor } = call;
  const which = { organisationId: actor.organisationId, runId };
  let run = await getRun(context, which);
  let page = await listRunEvents(context, { ...which, after });
  if (page.items.length === 0 && run.finishedAt === null && waitSeconds > 0) {
    await firstNews(call, { runId, after, waitSeconds }, run.agentId);
    run = await getRun(context, which);
    page = await listRunEvents(context, { ...which, after });
  }
  return { events: page.items, cursor: page.items.at(-1)?.seq ?? after, hasMore: page.next !== null, run };
}

/** Resolves with the first event, or when there was none in time. */
async function firstNews(
  { context, actor, until, signal }: McpCall,
  { runId, after, waitSeconds }: Place,
  agentId: string,
): Promise<void> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(waitSeconds * 1_000)]);
  const lasting = until === null ? {} : { until: until.getTime() };
  const items = followRun(context, { runId, agentId, after, signal: patience, viewer: actor, ...lasting });
  for await (const item of items) if (item.kind === 'event') return;
}
