import type { Cloud } from '../../support/cloud.ts';
import { deliverUntilRest } from '../../support/deliver.ts';
import type { TestIssuer } from '../../support/issuer.ts';
import type { Recorder } from '../recorder.ts';

/** What flows play in. */
export interface World extends Pick<Recorder, 'call'> {
  cloud: Cloud;
  /** Whose tokens are taken besides ours. */
  issuer: TestIssuer;
  userId: string;
}

/** Calls of the API in an order that makes sense, so that each answer becomes an example. */
export type Flow = (world: World) => Promise<void>;

/** Creates an agent whose run works until it rests. */
export async function work(
  { call, cloud }: World,
  agent: object,
): Promise<{ agentId: string; runId: string }> {
  const { body } = await call('createAgent', { body: agent });
  const runId: string = body.activeRun.id;
  await deliverUntilRest(cloud, runId);
  return { agentId: body.id, runId };
}
