import { announce } from '../../engine/announce.ts';
import { ENGINE_VERSION } from '../../engine/engine.ts';
import type { Context } from '../context.ts';

/** A run of an agent, as it is to be created. */
export const newRun = (
  { newId, origin }: Pick<Context, 'newId' | 'origin'>,
  agentId: string,
  prompt: string,
) => ({
  runId: newId('run'),
  agentId,
  traceId: origin?.traceId ?? null,
  prompt,
  engineVersion: ENGINE_VERSION,
  event: announce({ type: 'run.queued', data: { prompt } }),
});
